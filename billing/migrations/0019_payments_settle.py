"""Every payment so far becomes a payment with a number, and a settlement of its invoice with the same id."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0018_payments_grow"),
        ("core", "0006_shared_helpers"),
    ]

    operations = [
        run_sql(__file__),
    ]
