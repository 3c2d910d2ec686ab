ALTER TABLE billing_invoice DROP CONSTRAINT billing_invoice_number_form;
ALTER TABLE billing_invoice ADD CONSTRAINT billing_invoice_number_form
    CHECK (number ~ '^INV-[0-9]{4}-([0-9]{3}|[1-9][0-9]{3,11})$');

CREATE OR REPLACE FUNCTION billing_invoice_begin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM skeleton_refuse('billing_invoice_begins_as_draft', 'an invoice begins as a draft');
    END IF;
    IF split_part(NEW.number, '-', 2) <> lpad(extract(year FROM NEW.issue_date)::text, 4, '0') THEN
        PERFORM skeleton_refuse('billing_invoice_number_form', 'the number begins with the year of the issue date');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM skeleton_refuse('billing_invoice_customer_kind', 'only a customer can be invoiced');
        ELSIF customer.status <> 'active' THEN
            PERFORM skeleton_refuse('billing_invoice_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_invoice_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'number, customer and currency stay');
    END IF;
    IF NEW.customer_name IS DISTINCT FROM OLD.customer_name AND pg_trigger_depth() = 1 THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.sent_at,
            NEW.issue_date, NEW.issue_date_given, NEW.posted_on, NEW.due_date, NEW.payment_days, NEW.delivery_date,
            NEW.service_start, NEW.service_end, NEW.buyer_reference, NEW.purchase_order_reference, NEW.delivery_address)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.sent_at,
            OLD.issue_date, OLD.issue_date_given, OLD.posted_on, OLD.due_date, OLD.payment_days, OLD.delivery_date,
            OLD.service_start, OLD.service_end, OLD.buyer_reference, OLD.purchase_order_reference, OLD.delivery_address)
    THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'what was sent stays as it was sent');
    END IF;
    IF OLD.status IN ('paid', 'cancelled') AND pg_trigger_depth() = 1
       AND (NEW.amount_paid, NEW.amount_credited, NEW.amount_written_off, NEW.credited_total, NEW.paid_at,
            NEW.cancelled_at, NEW.cancel_reason)
           IS DISTINCT FROM
           (OLD.amount_paid, OLD.amount_credited, OLD.amount_written_off, OLD.credited_total, OLD.paid_at,
            OLD.cancelled_at, OLD.cancel_reason) THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'the invoice is ' || OLD.status);
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status = 'sent'
            OR (NEW.status = 'paid' AND NEW.total = 0)  -- nothing is due on an invoice of 0
            OR (NEW.status = 'cancelled' AND NEW.sent_at IS NULL)
        WHEN 'sent' THEN NEW.status IN ('paid', 'cancelled')
        WHEN 'paid' THEN NEW.status IN ('sent', 'cancelled') AND pg_trigger_depth() > 1
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_invoice_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status = 'draft' AND NEW.status IN ('sent', 'paid') THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    IF OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL THEN
        NEW.posted_on := NEW.issue_date;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_check_invoice_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    entry accounting_entry;
    undone boolean;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT * INTO entry FROM accounting_entry
    WHERE source_type = 'invoice' AND source_id = checked AND purpose = 'send';
    IF invoice.sent_at IS NULL OR invoice.total = 0 THEN
        IF entry.id IS NOT NULL THEN
            PERFORM skeleton_refuse('billing_invoice_in_books', 'an invoice is in the books that was not sent');
        END IF;
        RETURN;
    END IF;
    IF entry.id IS NULL OR entry.date <> invoice.posted_on
       OR (SELECT (sum(debit), min(currency), max(currency))
                  IS DISTINCT FROM (invoice.total, invoice.currency, invoice.currency)
           FROM accounting_line WHERE entry_id = entry.id) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books', 'the books do not have what the invoice says');
    END IF;
    undone := EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry.id);
    IF undone <> (invoice.status = 'cancelled' AND NOT EXISTS (
        SELECT FROM billing_credit_note n
        WHERE n.invoice_id = checked AND n.status = 'sent' AND billing_has_entry('credit_note', n.id, 'send'))) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books',
                               'the entry of an invoice is reversed when it is cancelled as a whole, and only then');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION billing_check_invoice(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    of_lines record;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT * INTO of_lines FROM billing_totals_of(checked);
    IF (invoice.subtotal, invoice.tax_total, invoice.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM skeleton_refuse('billing_invoice_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF invoice.status IN ('sent', 'paid') AND of_lines.rates = 0 THEN
        PERFORM skeleton_refuse('billing_invoice_sent_has_lines', 'an invoice without lines cannot be sent');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION billing_invoice_totals() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM billing_check_invoice(NEW.id);
    RETURN NULL;
END $$;

DROP FUNCTION billing_fits_imported(billing_invoice, numeric, jsonb);

CREATE OR REPLACE FUNCTION billing_has_entry(kind text, document uuid, reason text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounting_entry e
                   WHERE e.source_type = kind AND e.source_id = document AND e.purpose = reason)
$$;

CREATE OR REPLACE FUNCTION billing_is_posted(kind text, document uuid, reason text, coin text, debits numeric[], credits numeric[],
                                  debited_tax numeric DEFAULT 0, credited_tax numeric DEFAULT 0)
    RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounting_entry e CROSS JOIN LATERAL (
            SELECT array_agg(l.debit::numeric ORDER BY l.debit) FILTER (WHERE l.debit > 0) AS debits,
                   array_agg(l.credit::numeric ORDER BY l.credit) FILTER (WHERE l.credit > 0) AS credits,
                   min(l.currency) AS lowest, max(l.currency) AS highest
            FROM accounting_line l WHERE l.entry_id = e.id
        ) AS posted
        WHERE e.source_type = kind AND e.source_id = document AND e.purpose = reason
          AND (posted.lowest, posted.highest) = (coin, coin)
          AND billing_side_fits(posted.debits, $5, debited_tax) AND billing_side_fits(posted.credits, $6, credited_tax)
          AND NOT EXISTS (SELECT FROM accounting_entry r WHERE r.reverses_id = e.id)
    )
$$;
