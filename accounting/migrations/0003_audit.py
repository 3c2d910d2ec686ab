from django.db import migrations

AUDIT = """
CREATE TRIGGER accounting_account_audit AFTER INSERT OR UPDATE OR DELETE ON accounting_account
    FOR EACH ROW EXECUTE FUNCTION audit_row('accounting');
CREATE TRIGGER accounting_period_audit AFTER INSERT OR UPDATE OR DELETE ON accounting_period
    FOR EACH ROW EXECUTE FUNCTION audit_row('accounting');
CREATE TRIGGER accounting_entry_audit AFTER INSERT OR UPDATE OR DELETE ON accounting_entry
    FOR EACH ROW EXECUTE FUNCTION audit_row('accounting', '{xact}');
CREATE TRIGGER accounting_line_audit AFTER INSERT ON accounting_line
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('accounting', 'entry_id', 'lines');
"""

REVERSE = """
DROP TRIGGER accounting_line_audit ON accounting_line;
DROP TRIGGER accounting_entry_audit ON accounting_entry;
DROP TRIGGER accounting_period_audit ON accounting_period;
DROP TRIGGER accounting_account_audit ON accounting_account;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0002_guards"),
        ("audit", "0001_audit_log"),
    ]

    operations = [migrations.RunSQL(AUDIT, REVERSE)]
