-- At commit, an invoice or a payment exists together with its entry, or neither exists. Each side is checked by the
-- transaction that writes it and must be visible to it, so two concurrent transactions can't write one half each.
-- Amounts and currency are checked, but not the accounts, which are configured.
CREATE FUNCTION billing_check_invoice_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    entry uuid;
    undone boolean;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT id INTO entry FROM accounting_entry
    WHERE source_type = 'invoice' AND source_id = checked AND purpose = 'send';
    IF invoice.sent_at IS NULL OR invoice.total = 0 THEN
        IF entry IS NOT NULL THEN
            PERFORM billing_refuse('billing_invoice_in_books', 'an invoice is in the books that was not sent');
        END IF;
        RETURN;
    END IF;
    IF entry IS NULL OR (SELECT (sum(debit), min(currency), max(currency))
                         IS DISTINCT FROM (invoice.total, invoice.currency, invoice.currency)
                         FROM accounting_line WHERE entry_id = entry) THEN
        PERFORM billing_refuse('billing_invoice_in_books', 'the books do not have what the invoice says');
    END IF;
    undone := EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry);
    IF undone <> (invoice.status = 'cancelled') THEN
        PERFORM billing_refuse('billing_invoice_in_books',
                               'the entry of an invoice is reversed when the invoice is cancelled, and only then');
    END IF;
END $$;

CREATE FUNCTION billing_check_payment_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
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
        PERFORM billing_refuse('billing_payment_in_books', 'the books do not have what the payment says');
    END IF;
    IF EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry) THEN
        PERFORM billing_refuse('billing_payment_in_books', 'the entry of a payment is never reversed');
    END IF;
END $$;

CREATE FUNCTION billing_invoice_in_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_check_invoice_books(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_invoice_in_books AFTER UPDATE OF status ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION billing_invoice_in_books();

CREATE FUNCTION billing_payment_in_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_check_payment_books(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_payment_in_books AFTER INSERT ON billing_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_payment_in_books();

CREATE FUNCTION billing_entry_has_document() RETURNS trigger LANGUAGE plpgsql AS $$
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
        PERFORM billing_refuse('billing_entry_purpose', 'documents are posted when sent or received, for nothing else');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_entry_has_document AFTER INSERT ON accounting_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.source_type <> 'manual')
    EXECUTE FUNCTION billing_entry_has_document();
