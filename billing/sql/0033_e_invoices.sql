-- Written once, since an e-invoice that was handed out must remain verifiable. Only of what was sent, as for PDFs.
CREATE TRIGGER billing_e_invoice_of_sent BEFORE INSERT ON billing_e_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_document_of_sent();
CREATE TRIGGER billing_e_invoice_append_only BEFORE UPDATE OR DELETE ON billing_e_invoice
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_e_invoice_append_only', 'what was handed out stays');
CREATE TRIGGER billing_e_invoice_no_truncate BEFORE TRUNCATE ON billing_e_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_e_invoice_append_only', 'what was handed out stays');
