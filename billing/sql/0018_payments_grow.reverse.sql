CREATE TRIGGER billing_payment_append_only BEFORE DELETE OR UPDATE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_payment_append_only', 'payments are append-only');
CREATE TRIGGER billing_payment_insert AFTER INSERT ON billing_payment
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION billing_payment_insert();
CREATE CONSTRAINT TRIGGER billing_payment_in_books AFTER INSERT ON billing_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_payment_in_books();
CREATE TRIGGER billing_payment_audit AFTER INSERT ON billing_payment
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'payments');
