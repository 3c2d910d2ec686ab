-- The lifecycle of an order, and of an invoice that was created from one, for all writers: the API, the back office,
-- commands and psql.
--
-- Lock order: customer, order, invoice, stock. An order is locked while one of its lines is billed and while it is
-- cancelled. So both can't happen at once, and no line is billed twice.

ALTER TABLE billing_order ADD CONSTRAINT billing_order_number_form CHECK (number ~ (
    '^ORD-' || lpad(extract(year FROM created_at AT TIME ZONE 'UTC')::text, 4, '0') || '-([0-9]{6}|[1-9][0-9]{6,11})$'));
ALTER TABLE billing_order ADD CONSTRAINT billing_order_shipping_address_form
    CHECK (jsonb_typeof(shipping_address) = 'object');

-- The totals of a document's lines: the only place where PostgreSQL calculates them, for invoices (whose check used to
-- have its own copy) and orders. Ids are unique across tables. Tax: per rate over the whole document, half away from
-- zero.
CREATE FUNCTION billing_tax(base numeric, rate numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT round(base * rate * 0.01)
$$;

CREATE FUNCTION billing_totals_of(document uuid)
RETURNS TABLE (subtotal numeric, tax_total numeric, breakdown jsonb, rates bigint) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(base), 0), coalesce(sum(tax), 0),
           coalesce(jsonb_agg(jsonb_build_object('rate', rate, 'base', base, 'tax', tax) ORDER BY rate), '[]'), count(*)
    FROM (
        SELECT tax_rate AS rate, sum(total) AS base, billing_tax(sum(total), tax_rate) AS tax
        FROM (
            SELECT tax_rate, total FROM billing_invoice_line WHERE invoice_id = document
            UNION ALL
            SELECT tax_rate, total FROM billing_order_line WHERE order_id = document
        ) AS lines GROUP BY tax_rate
    ) AS by_rate
$$;

CREATE OR REPLACE FUNCTION billing_check_invoice(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    of_lines record;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT * INTO of_lines FROM billing_totals_of(checked);
    IF (invoice.subtotal, invoice.tax_total, invoice.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM billing_refuse('billing_invoice_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF invoice.status IN ('sent', 'paid') AND of_lines.rates = 0 THEN
        PERFORM billing_refuse('billing_invoice_sent_has_lines', 'an invoice without lines cannot be sent');
    END IF;
END $$;

CREATE FUNCTION billing_check_order(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ordered billing_order;
    of_lines record;
BEGIN
    SELECT * INTO ordered FROM billing_order WHERE id = checked;
    SELECT * INTO of_lines FROM billing_totals_of(checked);
    IF (ordered.subtotal, ordered.tax_total, ordered.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM billing_refuse('billing_order_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF ordered.status IN ('confirmed', 'shipped', 'delivered') AND of_lines.rates = 0 THEN
        PERFORM billing_refuse('billing_order_confirmed_has_lines', 'an order without lines cannot be confirmed');
    END IF;
END $$;

CREATE FUNCTION billing_order_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_check_order(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_order_totals
    AFTER INSERT OR UPDATE OF subtotal, tax_total, tax_breakdown, status ON billing_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_order_totals();

CREATE FUNCTION billing_order_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
            PERFORM billing_refuse('billing_order_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
        PERFORM billing_check_order(one);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_order_line_insert AFTER INSERT ON billing_order_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_order_line_change();
CREATE TRIGGER billing_order_line_update AFTER UPDATE ON billing_order_line
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_order_line_change();
CREATE TRIGGER billing_order_line_delete AFTER DELETE ON billing_order_line
    REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_order_line_change();
CREATE TRIGGER billing_order_line_no_truncate BEFORE TRUNCATE ON billing_order_line
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_order_line_drafts_only', 'lines that were ordered stay');

-- A new order is a draft for an active customer, with their current name. The name follows the customer while the order
-- is a draft.
CREATE FUNCTION billing_order_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' OR NEW.status_reason IS NOT NULL THEN
        PERFORM billing_refuse('billing_order_begins_as_draft', 'an order begins as a draft');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM billing_refuse('billing_order_customer_kind', 'only a customer can order');
        ELSIF customer.status <> 'active' THEN
            PERFORM billing_refuse('billing_order_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_order_begin BEFORE INSERT ON billing_order
    FOR EACH ROW EXECUTE FUNCTION billing_order_begin();

-- Named so that it runs before billing_customer_renamed, which locks invoices.
CREATE FUNCTION billing_customer_of_orders_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_order SET customer_name = NEW.name WHERE customer_id = NEW.id AND status = 'draft';
    RETURN NULL;
END $$;
CREATE TRIGGER billing_customer_of_orders_renamed AFTER UPDATE OF name ON parties_party
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION billing_customer_of_orders_renamed();

-- The same state machine as in billing/machine.py; a test compares them.
CREATE FUNCTION billing_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM billing_refuse('billing_order_identity', 'number, customer, currency and day of an order stay');
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.customer_name <> OLD.customer_name THEN
        PERFORM billing_refuse('billing_order_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.notes, NEW.shipping_address)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.notes, OLD.shipping_address)
    THEN
        PERFORM billing_refuse('billing_order_frozen', 'only a draft can be changed');
    END IF;
    IF NEW.status = OLD.status THEN
        IF NEW.status_reason IS DISTINCT FROM OLD.status_reason THEN
            PERFORM billing_refuse('billing_order_frozen', 'the reason belongs to the change of status');
        END IF;
        IF pg_trigger_depth() = 1 AND NEW.unbilled_total <> OLD.unbilled_total THEN
            PERFORM billing_refuse('billing_order_unbilled_derived', 'what is not billed follows from the invoices');
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
        PERFORM billing_refuse('billing_order_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF NEW.status = 'cancelled'
       AND EXISTS (SELECT FROM billing_invoice WHERE order_id = NEW.id AND status <> 'cancelled') THEN
        PERFORM billing_refuse('billing_order_cancelled_unbilled', 'an order that is invoiced cannot be cancelled');
    END IF;
    IF OLD.status = 'draft' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    NEW.unbilled_total := CASE NEW.status WHEN 'confirmed' THEN NEW.total WHEN 'cancelled' THEN 0
                                          ELSE OLD.unbilled_total END;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_order_change BEFORE UPDATE ON billing_order
    FOR EACH ROW EXECUTE FUNCTION billing_order_change();
CREATE TRIGGER billing_order_permanent BEFORE DELETE ON billing_order
    FOR EACH ROW EXECUTE FUNCTION billing_never('billing_order_permanent', 'a numbered order is never deleted');
CREATE TRIGGER billing_order_no_truncate BEFORE TRUNCATE ON billing_order
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_order_permanent', 'orders are never deleted');

CREATE FUNCTION billing_order_keep_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb;
BEGIN
    INSERT INTO billing_order_status_change (id, order_id, from_status, status, reason, changed_by_id, changed_at)
    VALUES (skeleton_uuid7(), NEW.id, OLD.status, NEW.status, NEW.status_reason, (context->>'actor_id')::uuid,
            clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER billing_order_keep_status AFTER UPDATE OF status ON billing_order
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION billing_order_keep_status();
CREATE TRIGGER billing_order_status_change_derived BEFORE INSERT ON billing_order_status_change
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION billing_never('billing_order_history_append_only', 'the history follows from the order');
CREATE TRIGGER billing_order_status_change_append_only BEFORE UPDATE OR DELETE ON billing_order_status_change
    FOR EACH ROW EXECUTE FUNCTION billing_never('billing_order_history_append_only', 'history is append-only');
CREATE TRIGGER billing_order_status_change_no_truncate BEFORE TRUNCATE ON billing_order_status_change
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never('billing_order_history_append_only', 'history is append-only');

-- billing_order_rest(<order>, <states>): the part of each line that is not on an invoice in one of those states. An
-- invoice line bills its quantity of an order line, regardless of its price. The remaining discount applies to the
-- remaining quantity.
CREATE FUNCTION billing_order_rest(ordered uuid, states text[])
RETURNS TABLE (order_line_id uuid, line_position integer, quantity numeric, discount numeric) LANGUAGE sql STABLE AS $$
    SELECT l.id, l.position, l.quantity - billed.quantity,
           least(greatest(l.discount - billed.discount, 0), round((l.quantity - billed.quantity) * l.unit_price))
    FROM billing_order_line l CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.quantity), 0) AS quantity, coalesce(sum(b.discount), 0) AS discount
        FROM billing_invoice_line b JOIN billing_invoice i ON i.id = b.invoice_id
        WHERE b.order_line_id = l.id AND i.status = ANY(states)
    ) AS billed
    WHERE l.order_id = ordered
$$;

-- Volatile: after waiting for the order's lock, it must see what the previous transaction committed.
CREATE FUNCTION billing_order_unbilled(ordered uuid) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(base + billing_tax(base, tax_rate)), 0)
        FROM (
            SELECT l.tax_rate, sum(round(rest.quantity * l.unit_price) - rest.discount) AS base
            FROM billing_order_rest(ordered, '{sent,paid}') AS rest JOIN billing_order_line l ON l.id = rest.order_line_id
            WHERE rest.quantity > 0 GROUP BY l.tax_rate
        ) AS by_rate
    );
END $$;

CREATE FUNCTION billing_order_billed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_order SET unbilled_total = billing_order_unbilled(id) WHERE id = NEW.order_id;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_order_billed AFTER UPDATE OF status ON billing_invoice
    FOR EACH ROW WHEN (NEW.order_id IS NOT NULL
                       AND (OLD.status IN ('sent', 'paid')) <> (NEW.status IN ('sent', 'paid')))
    EXECUTE FUNCTION billing_order_billed();

CREATE FUNCTION billing_invoice_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered record;
BEGIN
    SELECT customer_id, currency, status INTO ordered FROM billing_order WHERE id = NEW.order_id FOR NO KEY UPDATE;
    IF FOUND AND ((ordered.customer_id, ordered.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
                  OR ordered.status NOT IN ('confirmed', 'shipped', 'delivered')) THEN
        PERFORM billing_refuse('billing_invoice_fits_order',
                               'an invoice of an order is its customer''s, in its currency, once it is confirmed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_of_order BEFORE INSERT ON billing_invoice
    FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION billing_invoice_of_order();
CREATE TRIGGER billing_invoice_order_stays BEFORE UPDATE OF order_id ON billing_invoice
    FOR EACH ROW WHEN (OLD.order_id IS DISTINCT FROM NEW.order_id)
    EXECUTE FUNCTION billing_never('billing_invoice_identity', 'the order of an invoice stays');

CREATE FUNCTION billing_invoice_line_bills() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one uuid;
BEGIN
    FOR one IN SELECT DISTINCT l.order_id FROM after_rows a JOIN billing_order_line l ON l.id = a.order_line_id ORDER BY 1
    LOOP
        PERFORM FROM billing_order WHERE id = one FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM billing_order_rest(one, '{draft,sent,paid}') AS rest WHERE rest.quantity < 0) THEN
            PERFORM billing_refuse('billing_invoice_line_bills_once', 'more would be billed than was ordered');
        END IF;
        IF EXISTS (SELECT FROM after_rows a JOIN billing_order_line l ON l.id = a.order_line_id AND l.order_id = one
                   JOIN billing_invoice i ON i.id = a.invoice_id WHERE i.order_id IS DISTINCT FROM one) THEN
            PERFORM billing_refuse('billing_invoice_line_of_its_order', 'a line bills the order of its invoice');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_invoice_line_bills_insert AFTER INSERT ON billing_invoice_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_invoice_line_bills();
CREATE TRIGGER billing_invoice_line_bills_update AFTER UPDATE ON billing_invoice_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_invoice_line_bills();
CREATE TRIGGER billing_invoice_line_order_stays BEFORE UPDATE OF order_line_id ON billing_invoice_line
    FOR EACH ROW WHEN (OLD.order_line_id IS DISTINCT FROM NEW.order_line_id)
    EXECUTE FUNCTION billing_never('billing_invoice_line_of_its_order', 'what a line bills stays');
