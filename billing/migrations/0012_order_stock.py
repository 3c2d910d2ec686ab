from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_papers"),
        ("inventory", "0002_stock_ledger"),
    ]

    operations = [run_sql(__file__)]
