-- Both are written once, since issued documents, with their seller and customer, must remain verifiable.
CREATE FUNCTION billing_document_of_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NOT NULL;
    IF NOT FOUND THEN
        PERFORM billing_refuse('billing_issued_document_of_sent', 'only what was sent is kept on paper');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_issued_document_of_sent BEFORE INSERT ON billing_issued_document
    FOR EACH ROW EXECUTE FUNCTION billing_document_of_sent();
CREATE TRIGGER billing_issued_document_append_only BEFORE UPDATE OR DELETE ON billing_issued_document
    FOR EACH ROW EXECUTE FUNCTION billing_never('billing_issued_document_append_only', 'what was handed out stays');
CREATE TRIGGER billing_issued_document_no_truncate BEFORE TRUNCATE ON billing_issued_document
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_issued_document_append_only', 'what was handed out stays');

CREATE TRIGGER billing_correspondents_of_sent BEFORE INSERT ON billing_correspondents
    FOR EACH ROW EXECUTE FUNCTION billing_document_of_sent();
CREATE TRIGGER billing_correspondents_append_only BEFORE UPDATE OR DELETE ON billing_correspondents
    FOR EACH ROW EXECUTE FUNCTION billing_never('billing_correspondents_append_only', 'they are as they were at the sending');
CREATE TRIGGER billing_correspondents_no_truncate BEFORE TRUNCATE ON billing_correspondents
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_correspondents_append_only', 'they stay as they were');

-- PDFs are already compressed
ALTER TABLE billing_issued_document ALTER COLUMN pdf SET STORAGE EXTERNAL;
