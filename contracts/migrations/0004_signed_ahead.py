"""A contract is signed at most 5 minutes ahead when it is activated. Contracts that are there stay as they are."""

from django.db import migrations

AHEAD = """
CREATE TRIGGER contracts_contract_signed_at_ahead BEFORE UPDATE OF signed_at ON contracts_contract
    FOR EACH ROW WHEN (NEW.signed_at IS DISTINCT FROM OLD.signed_at
                       AND NEW.signed_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION contracts_never('contracts_contract_signed_at_ahead', 'a contract is not signed in the future');
"""

REVERSE = """
DROP TRIGGER contracts_contract_signed_at_ahead ON contracts_contract;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0003_audit")]

    operations = [migrations.RunSQL(AHEAD, REVERSE)]
