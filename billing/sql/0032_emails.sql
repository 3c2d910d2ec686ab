-- The log of e-mail, for all writers: what was written stays, and a reminder is only ever sent of what is due.
--
-- Lock order: invoice, e-mail.

-- Whether an invoice is still due, locked against payments until the end of the transaction.
CREATE FUNCTION billing_is_due(invoice uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_invoice WHERE id = invoice AND status = 'sent' FOR NO KEY UPDATE;
    RETURN FOUND;
END $$;

CREATE FUNCTION billing_email_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.status, NEW.attempts, NEW.error, NEW.attachments) IS DISTINCT FROM ('queued', 0, '', '[]'::jsonb) THEN
        PERFORM skeleton_refuse('billing_email_begins_queued', 'an e-mail is queued before it is sent');
    END IF;
    IF EXISTS (SELECT FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NULL)
       OR EXISTS (SELECT FROM billing_credit_note WHERE id = NEW.credit_note_id AND sent_at IS NULL)
       OR EXISTS (SELECT FROM billing_order WHERE id = NEW.order_id AND status = 'draft') THEN
        PERFORM skeleton_refuse('billing_email_of_draft', 'a draft is not for customers');
    END IF;
    IF NEW.kind = 'reminder' AND NOT billing_is_due(NEW.invoice_id) THEN
        PERFORM skeleton_refuse('billing_email_reminder_due', 'only what is due is reminded of');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_email_begin BEFORE INSERT ON billing_email
    FOR EACH ROW EXECUTE FUNCTION billing_email_begin();

CREATE FUNCTION billing_email_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    progress text[] := '{status,attempts,error,attachments,sent_at,updated_at}';
BEGIN
    IF to_jsonb(OLD) - progress IS DISTINCT FROM to_jsonb(NEW) - progress THEN
        PERFORM skeleton_refuse('billing_email_fixed', 'what was written stays as it was written');
    END IF;
    IF OLD.status IN ('sent', 'cancelled') OR OLD.status = 'failed' AND NEW.status <> 'queued' THEN
        PERFORM skeleton_refuse('billing_email_final', 'an e-mail that was sent or withdrawn stays so');
    END IF;
    IF NEW.kind = 'reminder' AND NEW.status = 'sent' AND NOT billing_is_due(NEW.invoice_id) THEN
        PERFORM skeleton_refuse('billing_email_reminder_due', 'only what is due is reminded of');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_email_change BEFORE UPDATE ON billing_email
    FOR EACH ROW EXECUTE FUNCTION billing_email_change();

CREATE TRIGGER billing_email_permanent BEFORE DELETE ON billing_email
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_email_permanent', 'the log of e-mail only grows');
CREATE TRIGGER billing_email_no_truncate BEFORE TRUNCATE ON billing_email
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_email_permanent', 'the log of e-mail only grows');

-- What jobs make of an e-mail is in its row. What people do is audited: that they wrote it, or had it sent again.
CREATE TRIGGER billing_email_audit_orders AFTER INSERT ON billing_email
    FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION audit_row('orders');
CREATE TRIGGER billing_email_audit_invoices AFTER INSERT ON billing_email
    FOR EACH ROW WHEN (NEW.order_id IS NULL) EXECUTE FUNCTION audit_row('invoices');
CREATE TRIGGER billing_email_audit_again_orders AFTER UPDATE OF status ON billing_email
    FOR EACH ROW WHEN (NEW.order_id IS NOT NULL AND OLD.status = 'failed' AND NEW.status = 'queued')
    EXECUTE FUNCTION audit_row('orders');
CREATE TRIGGER billing_email_audit_again_invoices AFTER UPDATE OF status ON billing_email
    FOR EACH ROW WHEN (NEW.order_id IS NULL AND OLD.status = 'failed' AND NEW.status = 'queued')
    EXECUTE FUNCTION audit_row('invoices');
