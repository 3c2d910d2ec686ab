from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0002_contract_rules"),
        ("audit", "0001_audit_log"),
    ]

    operations = [run_sql(__file__, reverse="DROP TRIGGER contracts_contract_audit ON contracts_contract")]
