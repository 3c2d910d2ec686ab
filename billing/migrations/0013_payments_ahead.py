"""A payment is dated at most 5 minutes ahead when it is recorded. Payments that are there stay as they are."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_order_stock")]

    operations = [run_sql(__file__)]
