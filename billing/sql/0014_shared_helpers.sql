-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

-- A new invoice is a draft for an active customer, with their current name. The lock prevents blacklisting until
-- commit, but not renaming: a draft's name follows, and sending copies it again.
CREATE OR REPLACE FUNCTION billing_invoice_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM skeleton_refuse('billing_invoice_begins_as_draft', 'an invoice begins as a draft');
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

CREATE OR REPLACE FUNCTION billing_invoice_line_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
            PERFORM skeleton_refuse('billing_invoice_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
        PERFORM billing_check_invoice(one);
    END LOOP;
    RETURN NULL;
END $$;

-- amount_paid is the sum of the payments, checked from both sides like the totals. Together with the table's checks
-- (only sent invoices have payments, never more than the total), no payment can be made on a draft or exceed the amount
-- due.
CREATE OR REPLACE FUNCTION billing_check_payments(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_invoice i
    WHERE i.id = checked
      AND i.amount_paid = (SELECT coalesce(sum(p.amount), 0) FROM billing_payment p WHERE p.invoice_id = checked);
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('billing_invoice_paid_of_payments', 'the amount paid is not the sum of the payments');
    END IF;
END $$;

-- The trigger depth distinguishes UPDATEs by the trigger above from all others.
CREATE OR REPLACE FUNCTION billing_purchases_derived() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        PERFORM skeleton_refuse('billing_total_purchases_derived', 'total_purchases follows from the invoices');
    END IF;
    RETURN NEW;
END $$;

-- At commit, an invoice or a payment exists together with its entry, or neither exists. Each side is checked by the
-- transaction that writes it and must be visible to it, so two concurrent transactions can't write one half each.
-- Amounts and currency are checked, but not the accounts, which are configured.
CREATE OR REPLACE FUNCTION billing_check_invoice_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
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
            PERFORM skeleton_refuse('billing_invoice_in_books', 'an invoice is in the books that was not sent');
        END IF;
        RETURN;
    END IF;
    IF entry IS NULL OR (SELECT (sum(debit), min(currency), max(currency))
                         IS DISTINCT FROM (invoice.total, invoice.currency, invoice.currency)
                         FROM accounting_line WHERE entry_id = entry) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books', 'the books do not have what the invoice says');
    END IF;
    undone := EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry);
    IF undone <> (invoice.status = 'cancelled') THEN
        PERFORM skeleton_refuse('billing_invoice_in_books',
                               'the entry of an invoice is reversed when the invoice is cancelled, and only then');
    END IF;
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

CREATE OR REPLACE FUNCTION billing_check_order(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ordered billing_order;
    of_lines record;
BEGIN
    SELECT * INTO ordered FROM billing_order WHERE id = checked;
    SELECT * INTO of_lines FROM billing_totals_of(checked);
    IF (ordered.subtotal, ordered.tax_total, ordered.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM skeleton_refuse('billing_order_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF ordered.status IN ('confirmed', 'shipped', 'delivered') AND of_lines.rates = 0 THEN
        PERFORM skeleton_refuse('billing_order_confirmed_has_lines', 'an order without lines cannot be confirmed');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION billing_order_line_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    touched uuid[];
    one uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        touched := array(SELECT DISTINCT order_id FROM after_rows ORDER BY 1);
    ELSIF TG_OP = 'DELETE' THEN
        touched := array(SELECT DISTINCT order_id FROM before_rows ORDER BY 1);
    ELSE
        touched := array(SELECT order_id FROM before_rows UNION SELECT order_id FROM after_rows ORDER BY 1);
    END IF;
    FOREACH one IN ARRAY touched LOOP
        PERFORM FROM billing_order WHERE id = one AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_order_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
        PERFORM billing_check_order(one);
    END LOOP;
    RETURN NULL;
END $$;

-- A new order is a draft for an active customer, with their current name. The name follows the customer while the order
-- is a draft.
CREATE OR REPLACE FUNCTION billing_order_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' OR NEW.status_reason IS NOT NULL THEN
        PERFORM skeleton_refuse('billing_order_begins_as_draft', 'an order begins as a draft');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM skeleton_refuse('billing_order_customer_kind', 'only a customer can order');
        ELSIF customer.status <> 'active' THEN
            PERFORM skeleton_refuse('billing_order_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $$;

-- The same state machine as in billing/machine.py; a test compares them.
CREATE OR REPLACE FUNCTION billing_order_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_order_identity', 'number, customer, currency and day of an order stay');
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.customer_name <> OLD.customer_name THEN
        PERFORM skeleton_refuse('billing_order_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.notes, NEW.shipping_address)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.notes, OLD.shipping_address)
    THEN
        PERFORM skeleton_refuse('billing_order_frozen', 'only a draft can be changed');
    END IF;
    IF NEW.status = OLD.status THEN
        IF NEW.status_reason IS DISTINCT FROM OLD.status_reason THEN
            PERFORM skeleton_refuse('billing_order_frozen', 'the reason belongs to the change of status');
        END IF;
        IF pg_trigger_depth() = 1 AND NEW.unbilled_total <> OLD.unbilled_total THEN
            PERFORM skeleton_refuse('billing_order_unbilled_derived', 'what is not billed follows from the invoices');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status IN ('pending', 'confirmed', 'cancelled')
        WHEN 'pending' THEN NEW.status IN ('confirmed', 'cancelled')
        WHEN 'confirmed' THEN NEW.status IN ('shipped', 'cancelled')
        WHEN 'shipped' THEN NEW.status = 'delivered'
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_order_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF NEW.status = 'cancelled'
       AND EXISTS (SELECT FROM billing_invoice WHERE order_id = NEW.id AND status <> 'cancelled') THEN
        PERFORM skeleton_refuse('billing_order_cancelled_unbilled', 'an order that is invoiced cannot be cancelled');
    END IF;
    IF OLD.status = 'draft' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    NEW.unbilled_total := CASE NEW.status WHEN 'confirmed' THEN NEW.total WHEN 'cancelled' THEN 0
                                          ELSE OLD.unbilled_total END;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_order_keep_status() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    context jsonb := skeleton_context();
BEGIN
    INSERT INTO billing_order_status_change (id, order_id, from_status, status, reason, changed_by_id, changed_at)
    VALUES (skeleton_uuid7(), NEW.id, OLD.status, NEW.status, NEW.status_reason, (context->>'actor_id')::uuid,
            clock_timestamp());
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION billing_invoice_of_order() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ordered record;
BEGIN
    SELECT customer_id, currency, status INTO ordered FROM billing_order WHERE id = NEW.order_id FOR NO KEY UPDATE;
    IF FOUND AND ((ordered.customer_id, ordered.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
                  OR ordered.status NOT IN ('confirmed', 'shipped', 'delivered')) THEN
        PERFORM skeleton_refuse('billing_invoice_fits_order',
                               'an invoice of an order is its customer''s, in its currency, once it is confirmed');
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_invoice_line_bills() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one uuid;
BEGIN
    FOR one IN SELECT DISTINCT l.order_id FROM after_rows a JOIN billing_order_line l ON l.id = a.order_line_id ORDER BY 1
    LOOP
        PERFORM FROM billing_order WHERE id = one FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM billing_order_rest(one, '{draft,sent,paid}') AS rest WHERE rest.quantity < 0) THEN
            PERFORM skeleton_refuse('billing_invoice_line_bills_once', 'more would be billed than was ordered');
        END IF;
        IF EXISTS (SELECT FROM after_rows a JOIN billing_order_line l ON l.id = a.order_line_id AND l.order_id = one
                   JOIN billing_invoice i ON i.id = a.invoice_id WHERE i.order_id IS DISTINCT FROM one) THEN
            PERFORM skeleton_refuse('billing_invoice_line_of_its_order', 'a line bills the order of its invoice');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Both are written once, since issued documents, with their seller and customer, must remain verifiable.
CREATE OR REPLACE FUNCTION billing_document_of_sent() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NOT NULL;
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('billing_issued_document_of_sent', 'only what was sent is kept on paper');
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_order_stock() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_order WHERE id = NEW.id AND status = NEW.status) THEN
        RETURN NULL;  -- it went on in the same transaction, and is checked as what it became
    ELSIF NEW.status = 'confirmed' THEN
        IF EXISTS (SELECT FROM billing_order_holds(NEW.id) WHERE held <> needed) OR EXISTS (
            SELECT FROM billing_order_line l
            WHERE l.order_id = NEW.id AND EXISTS (SELECT FROM inventory_stock s WHERE s.item_id = l.item_id)
              AND NOT EXISTS (SELECT FROM inventory_reservation r
                              WHERE r.order_id = NEW.id AND r.item_id = l.item_id AND r.held_by_order AND r.status = 'active')
        ) THEN
            PERFORM skeleton_refuse('billing_order_stock_held', 'a confirmed order holds what its lines need');
        END IF;
    ELSIF EXISTS (SELECT FROM inventory_reservation
                  WHERE order_id = NEW.id AND held_by_order AND status = 'active') THEN
        PERFORM skeleton_refuse('billing_order_stock_held', 'an order that is ' || NEW.status || ' holds nothing');
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION billing_stock_is_held() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT o.id, o.status FROM billing_order o
               WHERE o.id IN (SELECT order_id FROM after_rows WHERE held_by_order) ORDER BY o.id FOR NO KEY UPDATE
    LOOP
        IF one.status <> 'confirmed' OR EXISTS (SELECT FROM billing_order_holds(one.id) WHERE held > needed) THEN
            PERFORM skeleton_refuse('billing_order_stock_held',
                                    'only a confirmed order holds, and not more than it needs');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION billing_stock_is_let_go() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM after_rows r JOIN billing_order o ON o.id = r.order_id
        WHERE r.held_by_order AND (r.status, o.status) NOT IN (('fulfilled', 'shipped'), ('cancelled', 'cancelled'))
    ) THEN
        PERFORM skeleton_refuse('billing_order_stock_held', 'what an order holds ends when it is shipped or cancelled');
    END IF;
    RETURN NULL;
END $$;

ALTER FUNCTION billing_customer_renamed() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_invoice_totals() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_invoice_paid() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_payment_insert() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_purchases_follow() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_purchases_in_currency() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_invoice_in_books() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_payment_in_books() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_order_totals() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_customer_of_orders_renamed() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION billing_order_billed() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE OR REPLACE TRIGGER billing_invoice_permanent BEFORE DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_invoice_permanent', 'a numbered invoice is never deleted');
CREATE OR REPLACE TRIGGER billing_invoice_no_truncate BEFORE TRUNCATE ON billing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_invoice_permanent', 'invoices are never deleted');
CREATE OR REPLACE TRIGGER billing_invoice_line_no_truncate BEFORE TRUNCATE ON billing_invoice_line
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_invoice_line_drafts_only', 'lines that were sent stay');
CREATE OR REPLACE TRIGGER billing_payment_append_only BEFORE UPDATE OR DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_payment_append_only', 'payments are append-only');
CREATE OR REPLACE TRIGGER billing_payment_no_truncate BEFORE TRUNCATE ON billing_payment
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_payment_append_only', 'payments are append-only');
CREATE OR REPLACE TRIGGER billing_order_line_no_truncate BEFORE TRUNCATE ON billing_order_line
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never(
        'billing_order_line_drafts_only', 'lines that were ordered stay');
CREATE OR REPLACE TRIGGER billing_order_permanent BEFORE DELETE ON billing_order
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_order_permanent', 'a numbered order is never deleted');
CREATE OR REPLACE TRIGGER billing_order_no_truncate BEFORE TRUNCATE ON billing_order
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_order_permanent', 'orders are never deleted');
CREATE OR REPLACE TRIGGER billing_order_status_change_derived BEFORE INSERT ON billing_order_status_change
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('billing_order_history_append_only', 'the history follows from the order');
CREATE OR REPLACE TRIGGER billing_order_status_change_append_only BEFORE UPDATE OR DELETE ON billing_order_status_change
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_order_history_append_only', 'history is append-only');
CREATE OR REPLACE TRIGGER billing_order_status_change_no_truncate BEFORE TRUNCATE ON billing_order_status_change
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_order_history_append_only', 'history is append-only');
CREATE OR REPLACE TRIGGER billing_invoice_order_stays BEFORE UPDATE OF order_id ON billing_invoice
    FOR EACH ROW WHEN (OLD.order_id IS DISTINCT FROM NEW.order_id)
    EXECUTE FUNCTION skeleton_never('billing_invoice_identity', 'the order of an invoice stays');
CREATE OR REPLACE TRIGGER billing_invoice_line_order_stays BEFORE UPDATE OF order_line_id ON billing_invoice_line
    FOR EACH ROW WHEN (OLD.order_line_id IS DISTINCT FROM NEW.order_line_id)
    EXECUTE FUNCTION skeleton_never('billing_invoice_line_of_its_order', 'what a line bills stays');
CREATE OR REPLACE TRIGGER billing_issued_document_append_only BEFORE UPDATE OR DELETE ON billing_issued_document
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_issued_document_append_only', 'what was handed out stays');
CREATE OR REPLACE TRIGGER billing_issued_document_no_truncate BEFORE TRUNCATE ON billing_issued_document
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never(
        'billing_issued_document_append_only', 'what was handed out stays');
CREATE OR REPLACE TRIGGER billing_correspondents_append_only BEFORE UPDATE OR DELETE ON billing_correspondents
    FOR EACH ROW EXECUTE FUNCTION skeleton_never(
        'billing_correspondents_append_only', 'they are as they were at the sending');
CREATE OR REPLACE TRIGGER billing_correspondents_no_truncate BEFORE TRUNCATE ON billing_correspondents
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_correspondents_append_only', 'they stay as they were');
CREATE OR REPLACE TRIGGER billing_payment_paid_at_ahead BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (NEW.paid_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION skeleton_never('billing_payment_paid_at_ahead', 'a payment is not dated in the future');
CREATE OR REPLACE TRIGGER billing_invoice_paid_at_ahead BEFORE UPDATE OF paid_at ON billing_invoice
    FOR EACH ROW WHEN (NEW.paid_at IS DISTINCT FROM OLD.paid_at
                       AND NEW.paid_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION skeleton_never('billing_invoice_paid_at_ahead', 'an invoice is not paid in the future');

DROP FUNCTION billing_refuse(text, text);
DROP FUNCTION billing_never();
