from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_stock_ledger"),
        ("audit", "0001_audit_log"),
    ]

    operations = [run_sql(__file__)]
