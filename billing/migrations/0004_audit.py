from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_customer_purchases"),
        ("audit", "0001_audit_log"),
    ]

    operations = [run_sql(__file__)]
