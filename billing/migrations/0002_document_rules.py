from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_invoices_payments"),
    ]

    operations = [
        run_sql(__file__),
    ]
