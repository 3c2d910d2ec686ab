SELECT audit_detach('billing_settlement');
SELECT audit_detach('billing_payment');
DROP TRIGGER billing_settlement_in_books ON billing_settlement;
DROP TRIGGER billing_settlement_update ON billing_settlement;
DROP TRIGGER billing_settlement_insert ON billing_settlement;
DROP TRIGGER billing_settlement_no_truncate ON billing_settlement;
DROP TRIGGER billing_settlement_append_only ON billing_settlement;
DROP TRIGGER billing_settlement_change ON billing_settlement;
DROP TRIGGER billing_payment_in_books ON billing_payment;
DROP TRIGGER billing_payment_append_only ON billing_payment;
DROP TRIGGER billing_payment_change ON billing_payment;
DROP TRIGGER billing_payment_begin ON billing_payment;
ALTER TABLE billing_payment DROP CONSTRAINT billing_payment_number_form;
DROP TRIGGER billing_invoice_paid ON billing_invoice;

CREATE OR REPLACE FUNCTION billing_invoice_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.issue_date, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.issue_date, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'number, customer, currency and date of issue stay');
    END IF;
    IF NEW.customer_name IS DISTINCT FROM OLD.customer_name AND pg_trigger_depth() = 1 THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.due_date, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.sent_at)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.due_date, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.sent_at)
    THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'what was sent stays as it was sent');
    END IF;
    IF OLD.status IN ('paid', 'cancelled')
       AND (NEW.amount_paid, NEW.paid_at, NEW.cancelled_at, NEW.cancel_reason)
           IS DISTINCT FROM (OLD.amount_paid, OLD.paid_at, OLD.cancelled_at, OLD.cancel_reason) THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'the invoice is ' || OLD.status);
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status = 'sent'
            OR (NEW.status = 'paid' AND NEW.total = 0)  -- nothing is due on an invoice of 0
            OR (NEW.status = 'cancelled' AND NEW.sent_at IS NULL)
        WHEN 'sent' THEN NEW.status IN ('paid', 'cancelled')
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_invoice_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status = 'draft' AND NEW.status IN ('sent', 'paid') THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_check_payments(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_invoice i
    WHERE i.id = checked
      AND i.amount_paid = (SELECT coalesce(sum(p.amount), 0) FROM billing_payment p WHERE p.invoice_id = checked);
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('billing_invoice_paid_of_payments', 'the amount paid is not the sum of the payments');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION billing_invoice_paid() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM billing_check_payments(NEW.id);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER billing_invoice_paid AFTER UPDATE OF amount_paid ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_invoice_paid();

CREATE OR REPLACE FUNCTION billing_payment_insert() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one uuid;
BEGIN
    FOR one IN SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1 LOOP
        PERFORM FROM billing_invoice WHERE id = one FOR NO KEY UPDATE;
        PERFORM billing_check_payments(one);
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION billing_check_payment_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    payment record;
    entry uuid;
BEGIN
    SELECT p.amount, i.currency INTO payment
    FROM billing_payment p JOIN billing_invoice i ON i.id = p.invoice_id WHERE p.id = checked;
    SELECT id INTO entry FROM accounting_entry
    WHERE source_type = 'payment' AND source_id = checked AND purpose = 'receive';
    IF entry IS NULL OR (SELECT (sum(debit), min(currency), max(currency))
                         IS DISTINCT FROM (payment.amount, payment.currency, payment.currency)
                         FROM accounting_line WHERE entry_id = entry) THEN
        PERFORM skeleton_refuse('billing_payment_in_books', 'the books do not have what the payment says');
    END IF;
    IF EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry) THEN
        PERFORM skeleton_refuse('billing_payment_in_books', 'the entry of a payment is never reversed');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION billing_payment_in_books() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM billing_check_payment_books(NEW.id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION billing_entry_has_document() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    named record := NEW;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO named FROM accounting_entry WHERE id = NEW.reverses_id;
    END IF;
    IF named.source_type = 'invoice' THEN
        PERFORM billing_check_invoice_books(named.source_id);
    ELSIF named.source_type = 'payment' THEN
        PERFORM billing_check_payment_books(named.source_id);
    END IF;
    IF (named.source_type, named.purpose) NOT IN (('invoice', 'send'), ('payment', 'receive'))
       AND named.source_type IN ('invoice', 'payment') THEN
        PERFORM skeleton_refuse('billing_entry_purpose',
                                'documents are posted when sent or received, for nothing else');
    END IF;
    RETURN NULL;
END $$;

DROP FUNCTION billing_settlement_in_books();
DROP FUNCTION billing_check_settlement_books(uuid);
DROP FUNCTION billing_has_entry(text, uuid, text);
DROP FUNCTION billing_is_posted(text, uuid, text, text, numeric[], numeric[]);
DROP FUNCTION billing_settlement_apply();
DROP FUNCTION billing_settlement_fault(billing_settlement);
DROP FUNCTION billing_settlement_change();
DROP FUNCTION billing_settle_payment(uuid);
DROP FUNCTION billing_allocated(uuid);
DROP FUNCTION billing_latest_day(timestamptz);
DROP FUNCTION billing_payment_change();
DROP FUNCTION billing_payment_begin();
DROP FUNCTION billing_settle_invoice(uuid);
DROP FUNCTION billing_settled(uuid);
