CREATE TRIGGER accounting_account_audit AFTER INSERT OR UPDATE OR DELETE ON accounting_account
    FOR EACH ROW EXECUTE FUNCTION audit_row('accounting');
CREATE TRIGGER accounting_period_audit AFTER INSERT OR UPDATE OR DELETE ON accounting_period
    FOR EACH ROW EXECUTE FUNCTION audit_row('accounting');
CREATE TRIGGER accounting_entry_audit AFTER INSERT OR UPDATE OR DELETE ON accounting_entry
    FOR EACH ROW EXECUTE FUNCTION audit_row('accounting', '{xact}');
CREATE TRIGGER accounting_line_audit AFTER INSERT ON accounting_line
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('accounting', 'entry_id', 'lines');
