from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("messenger", "0002_rules_and_log"),
        ("audit", "0001_audit_log"),
    ]

    operations = [run_sql(__file__)]
