-- The lifecycle of an invoice, for all writers: the API, the back office, commands and psql.
--
-- Lock order: the customer before the invoice. A draft's customer_name follows the customer, so renaming locks the
-- party and then its invoices. Sending and cancelling therefore lock the customer first (services/invoices.py).

ALTER TABLE billing_invoice ADD CONSTRAINT billing_invoice_number_form
    CHECK (number ~ ('^INV-' || lpad(extract(year FROM issue_date)::text, 4, '0') || '-([0-9]{3}|[1-9][0-9]{3,11})$'));

CREATE FUNCTION billing_refuse(rule text, explanation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', explanation USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = rule;
END $$;

-- billing_never('<rule>', '<explanation>'): trigger that always refuses.
CREATE FUNCTION billing_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_refuse(TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;

-- A new invoice is a draft for an active customer, with their current name. The lock prevents blacklisting until
-- commit, but not renaming: a draft's name follows, and sending copies it again.
CREATE FUNCTION billing_invoice_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM billing_refuse('billing_invoice_begins_as_draft', 'an invoice begins as a draft');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM billing_refuse('billing_invoice_customer_kind', 'only a customer can be invoiced');
        ELSIF customer.status <> 'active' THEN
            PERFORM billing_refuse('billing_invoice_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_begin BEFORE INSERT ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_begin();

CREATE FUNCTION billing_customer_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_invoice SET customer_name = NEW.name WHERE customer_id = NEW.id AND status = 'draft';
    RETURN NULL;
END $$;
CREATE TRIGGER billing_customer_renamed AFTER UPDATE OF name ON parties_party
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION billing_customer_renamed();

CREATE FUNCTION billing_invoice_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.issue_date, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.issue_date, OLD.created_at, OLD.created_by_id) THEN
        PERFORM billing_refuse('billing_invoice_identity', 'number, customer, currency and date of issue stay');
    END IF;
    IF NEW.customer_name IS DISTINCT FROM OLD.customer_name AND pg_trigger_depth() = 1 THEN
        PERFORM billing_refuse('billing_invoice_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.due_date, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.sent_at)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.due_date, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.sent_at)
    THEN
        PERFORM billing_refuse('billing_invoice_frozen', 'what was sent stays as it was sent');
    END IF;
    IF OLD.status IN ('paid', 'cancelled')
       AND (NEW.amount_paid, NEW.paid_at, NEW.cancelled_at, NEW.cancel_reason)
           IS DISTINCT FROM (OLD.amount_paid, OLD.paid_at, OLD.cancelled_at, OLD.cancel_reason) THEN
        PERFORM billing_refuse('billing_invoice_frozen', 'the invoice is ' || OLD.status);
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status = 'sent'
            OR (NEW.status = 'paid' AND NEW.total = 0)  -- nothing is due on an invoice of 0
            OR (NEW.status = 'cancelled' AND NEW.sent_at IS NULL)
        WHEN 'sent' THEN NEW.status IN ('paid', 'cancelled')
        ELSE false
    END) THEN
        PERFORM billing_refuse('billing_invoice_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status = 'draft' AND NEW.status IN ('sent', 'paid') THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_change BEFORE UPDATE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_change();
CREATE TRIGGER billing_invoice_permanent BEFORE DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_never('billing_invoice_permanent', 'a numbered invoice is never deleted');
CREATE TRIGGER billing_invoice_no_truncate BEFORE TRUNCATE ON billing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_invoice_permanent', 'invoices are never deleted');

-- Verifies the totals by calculating them again from the lines. A change of lines is checked immediately (so totals are
-- written first), a change of totals at commit. Of two concurrent transactions, the second waits for the invoice's lock
-- and then sees the changes of the first. Tax: per rate over the whole document, half away from zero (EN 16931,
-- BR-CO-17).
CREATE FUNCTION billing_check_invoice(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    of_lines record;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT coalesce(sum(base), 0) AS subtotal, coalesce(sum(tax), 0) AS tax_total, count(*) AS rates,
           coalesce(jsonb_agg(jsonb_build_object('rate', rate, 'base', base, 'tax', tax) ORDER BY rate), '[]') AS breakdown
    INTO of_lines
    FROM (SELECT tax_rate AS rate, sum(total) AS base, round(sum(total) * tax_rate * 0.01) AS tax
          FROM billing_invoice_line WHERE invoice_id = checked GROUP BY tax_rate) AS by_rate;
    IF (invoice.subtotal, invoice.tax_total, invoice.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM billing_refuse('billing_invoice_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF invoice.status IN ('sent', 'paid') AND of_lines.rates = 0 THEN
        PERFORM billing_refuse('billing_invoice_sent_has_lines', 'an invoice without lines cannot be sent');
    END IF;
END $$;

CREATE FUNCTION billing_invoice_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_check_invoice(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_invoice_totals
    AFTER INSERT OR UPDATE OF subtotal, tax_total, tax_breakdown, status ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_invoice_totals();

CREATE FUNCTION billing_invoice_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[];
    one uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        touched := array(SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1);
    ELSIF TG_OP = 'DELETE' THEN
        touched := array(SELECT DISTINCT invoice_id FROM before_rows ORDER BY 1);
    ELSE
        touched := array(SELECT invoice_id FROM before_rows UNION SELECT invoice_id FROM after_rows ORDER BY 1);
    END IF;
    FOREACH one IN ARRAY touched LOOP
        PERFORM FROM billing_invoice WHERE id = one AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM billing_refuse('billing_invoice_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
        PERFORM billing_check_invoice(one);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_invoice_line_insert AFTER INSERT ON billing_invoice_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_invoice_line_change();
CREATE TRIGGER billing_invoice_line_update AFTER UPDATE ON billing_invoice_line
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_invoice_line_change();
CREATE TRIGGER billing_invoice_line_delete AFTER DELETE ON billing_invoice_line
    REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_invoice_line_change();
CREATE TRIGGER billing_invoice_line_no_truncate BEFORE TRUNCATE ON billing_invoice_line
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_invoice_line_drafts_only', 'lines that were sent stay');

-- amount_paid is the sum of the payments, checked from both sides like the totals. Together with the table's checks
-- (only sent invoices have payments, never more than the total), no payment can be made on a draft or exceed the amount
-- due.
CREATE FUNCTION billing_check_payments(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_invoice i
    WHERE i.id = checked
      AND i.amount_paid = (SELECT coalesce(sum(p.amount), 0) FROM billing_payment p WHERE p.invoice_id = checked);
    IF NOT FOUND THEN
        PERFORM billing_refuse('billing_invoice_paid_of_payments', 'the amount paid is not the sum of the payments');
    END IF;
END $$;

CREATE FUNCTION billing_invoice_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_check_payments(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_invoice_paid AFTER UPDATE OF amount_paid ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_invoice_paid();

CREATE FUNCTION billing_payment_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one uuid;
BEGIN
    FOR one IN SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1 LOOP
        PERFORM FROM billing_invoice WHERE id = one FOR NO KEY UPDATE;
        PERFORM billing_check_payments(one);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_payment_insert AFTER INSERT ON billing_payment
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION billing_payment_insert();
CREATE TRIGGER billing_payment_append_only BEFORE UPDATE OR DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_never('billing_payment_append_only', 'payments are append-only');
CREATE TRIGGER billing_payment_no_truncate BEFORE TRUNCATE ON billing_payment
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_payment_append_only', 'payments are append-only');
