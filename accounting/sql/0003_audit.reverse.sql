DROP TRIGGER accounting_line_audit ON accounting_line;
DROP TRIGGER accounting_entry_audit ON accounting_entry;
DROP TRIGGER accounting_period_audit ON accounting_period;
DROP TRIGGER accounting_account_audit ON accounting_account;
