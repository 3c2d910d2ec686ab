from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0001_parties_countries_addresses"),
        ("audit", "0001_audit_log"),
    ]

    operations = [run_sql(__file__)]
