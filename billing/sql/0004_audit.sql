CREATE TRIGGER billing_invoice_audit AFTER INSERT OR UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION audit_row('invoices', '{search_text,number_key}');
CREATE TRIGGER billing_invoice_line_audit_insert AFTER INSERT ON billing_invoice_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'lines');
CREATE TRIGGER billing_invoice_line_audit_update AFTER UPDATE ON billing_invoice_line
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'lines');
CREATE TRIGGER billing_invoice_line_audit_delete AFTER DELETE ON billing_invoice_line
    REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'lines');
CREATE TRIGGER billing_payment_audit AFTER INSERT ON billing_payment
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'payments');
