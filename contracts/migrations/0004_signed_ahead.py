"""A contract is signed at most 5 minutes ahead when it is activated. Contracts that are there stay as they are."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("contracts", "0003_audit")]

    operations = [run_sql(__file__, reverse="DROP TRIGGER contracts_contract_signed_at_ahead ON contracts_contract")]
