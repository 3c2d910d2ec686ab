-- Credit notes, for all writers: the API, the back office, commands and psql.
--
-- Lock order: customer, order, invoice, credit note. Issuing locks the invoice, so the shares of two credit notes of one
-- invoice are worked out one after the other.

ALTER TABLE billing_credit_note ADD CONSTRAINT billing_credit_note_number_form
    CHECK (number ~ ('^CN-' || lpad(extract(year FROM issue_date)::text, 4, '0') || '-([0-9]{3}|[1-9][0-9]{3,11})$'));

-- round(total × part ÷ whole), half away from zero and exact: a numeric quotient would be rounded twice
CREATE FUNCTION billing_share(total numeric, part numeric, whole numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT div(2 * total * part + whole, 2 * whole)
$$;

-- Whether the issued credit notes of an invoice credit all of it. An invoice of 0 is cancelled by its credit note.
CREATE FUNCTION billing_is_credited(invoice billing_invoice) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT invoice.total > 0 AND invoice.credited_total = invoice.total
$$;

-- A new credit note is a draft for a sent invoice, with its customer and currency.
CREATE FUNCTION billing_credit_note_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    invoice record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM skeleton_refuse('billing_credit_note_begins_as_draft', 'a credit note begins as a draft');
    END IF;
    SELECT customer_id, currency, status INTO invoice FROM billing_invoice WHERE id = NEW.invoice_id FOR KEY SHARE;
    IF FOUND AND (invoice.customer_id, invoice.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency) THEN
        PERFORM skeleton_refuse('billing_credit_note_fits_invoice',
                                'a credit note has the customer and the currency of its invoice');
    ELSIF FOUND AND invoice.status NOT IN ('sent', 'paid') THEN
        PERFORM skeleton_refuse('billing_credit_note_of_sent', 'only a sent invoice can be credited');
    END IF;
    NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    RETURN NEW;
END $$;
CREATE TRIGGER billing_credit_note_begin BEFORE INSERT ON billing_credit_note
    FOR EACH ROW EXECUTE FUNCTION billing_credit_note_begin();

CREATE FUNCTION billing_customer_of_credit_notes_renamed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE billing_credit_note SET customer_name = NEW.name WHERE customer_id = NEW.id AND status = 'draft';
    RETURN NULL;
END $$;
CREATE TRIGGER billing_customer_of_credit_notes_renamed AFTER UPDATE OF name ON parties_party
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION billing_customer_of_credit_notes_renamed();

CREATE FUNCTION billing_credit_note_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.invoice_id, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM (OLD.id, OLD.invoice_id, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_credit_note_identity', 'invoice, customer and currency stay');
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.customer_name IS DISTINCT FROM OLD.customer_name THEN
        PERFORM skeleton_refuse('billing_credit_note_identity', 'the name follows the customer, never by itself');
    END IF;
    IF pg_trigger_depth() = 1 AND (NEW.allocated, NEW.refunded) IS DISTINCT FROM (OLD.allocated, OLD.refunded) THEN
        PERFORM skeleton_refuse('billing_credit_note_used_derived', 'what is used follows from settlements and refunds');
    END IF;
    IF OLD.status = 'sent'
       AND (NEW.status, NEW.number, NEW.customer_name, NEW.reason, NEW.issue_date, NEW.subtotal, NEW.tax_total,
            NEW.total, NEW.tax_breakdown, NEW.notes, NEW.sent_at, NEW.seller, NEW.buyer)
           IS DISTINCT FROM
           (OLD.status, OLD.number, OLD.customer_name, OLD.reason, OLD.issue_date, OLD.subtotal, OLD.tax_total,
            OLD.total, OLD.tax_breakdown, OLD.notes, OLD.sent_at, OLD.seller, OLD.buyer) THEN
        PERFORM skeleton_refuse('billing_credit_note_frozen', 'what was issued stays as it was issued');
    END IF;
    IF OLD.status = 'draft' AND NEW.status = 'sent' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_credit_note_change BEFORE UPDATE ON billing_credit_note
    FOR EACH ROW EXECUTE FUNCTION billing_credit_note_change();

CREATE TRIGGER billing_credit_note_permanent BEFORE DELETE ON billing_credit_note
    FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION skeleton_never('billing_credit_note_permanent', 'an issued credit note is never deleted');
CREATE TRIGGER billing_credit_note_no_truncate BEFORE TRUNCATE ON billing_credit_note
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_credit_note_permanent', 'issued credit notes are never deleted');

-- Lines change in drafts only. Afterwards a line is only told its receipt, once.
CREATE FUNCTION billing_credit_note_line_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.restock_movement_id IS NULL
       AND to_jsonb(OLD) - '{restock_movement_id,updated_at}'::text[]
           = to_jsonb(NEW) - '{restock_movement_id,updated_at}'::text[] THEN
        RETURN NEW;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM FROM billing_credit_note WHERE id = OLD.credit_note_id AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_credit_note_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM FROM billing_credit_note WHERE id = NEW.credit_note_id AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_credit_note_line_drafts_only', 'only a draft gets lines');
        END IF;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER billing_credit_note_line_change BEFORE INSERT OR UPDATE OR DELETE ON billing_credit_note_line
    FOR EACH ROW EXECUTE FUNCTION billing_credit_note_line_change();
CREATE TRIGGER billing_credit_note_line_no_truncate BEFORE TRUNCATE ON billing_credit_note_line
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_credit_note_line_drafts_only', 'lines that were issued stay');

-- The totals that a credit note of an invoice must have: its lines by rate, and of each rate the tax of everything that
-- is credited of it, minus what was credited before. Once a rate's base is credited whole, so is the invoice's own tax.
CREATE FUNCTION billing_totals_of_credit_note(note uuid, corrected uuid)
    RETURNS TABLE (subtotal numeric, tax_total numeric, breakdown jsonb) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(base), 0), coalesce(sum(tax), 0),
           coalesce(jsonb_agg(jsonb_build_object('rate', rate, 'base', base, 'tax', tax) ORDER BY rate), '[]')
    FROM (
        SELECT here.tax_rate AS rate, here.base,
               CASE WHEN here.base + before.base = invoiced.base THEN invoiced.tax
                    ELSE billing_tax(here.base + before.base, here.tax_rate) END - before.tax AS tax
        FROM (
            SELECT tax_rate, sum(total) AS base FROM billing_credit_note_line WHERE credit_note_id = note GROUP BY 1
        ) AS here
        CROSS JOIN LATERAL (
            SELECT coalesce(sum((r->>'base')::numeric), 0) AS base, coalesce(sum((r->>'tax')::numeric), 0) AS tax
            FROM billing_credit_note n CROSS JOIN jsonb_array_elements(n.tax_breakdown) AS r
            WHERE n.invoice_id = corrected AND n.status = 'sent' AND n.id <> note AND (r->>'rate')::numeric = here.tax_rate
        ) AS before
        LEFT JOIN LATERAL (
            SELECT (r->>'base')::numeric AS base, (r->>'tax')::numeric AS tax
            FROM billing_invoice i CROSS JOIN jsonb_array_elements(i.tax_breakdown) AS r
            WHERE i.id = corrected AND (r->>'rate')::numeric = here.tax_rate
        ) AS invoiced ON true
    ) AS by_rate
$$;

-- The lines of a credit note that are not the shares they must be, given what was issued before.
CREATE FUNCTION billing_wrong_shares(note uuid, corrected uuid) RETURNS SETOF billing_credit_note_line
    LANGUAGE sql STABLE AS $$
    SELECT c.*
    FROM billing_credit_note_line c JOIN billing_invoice_line l ON l.id = c.invoice_line_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.quantity), 0) AS quantity, coalesce(sum(e.total), 0) AS total
        FROM billing_credit_note_line e JOIN billing_credit_note n ON n.id = e.credit_note_id
        WHERE e.invoice_line_id = l.id AND n.status = 'sent' AND n.id <> note
    ) AS before
    WHERE c.credit_note_id = note AND (
        l.invoice_id <> corrected OR c.tax_rate <> l.tax_rate
        OR before.total + c.total > l.total
        OR c.quantity IS NOT NULL AND (
            c.unit_price <> l.unit_price OR before.quantity + c.quantity > l.quantity
            OR c.total <> billing_share(l.total, before.quantity + c.quantity, l.quantity) - before.total))
$$;

CREATE FUNCTION billing_check_credit_note(note billing_credit_note) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    of_lines record;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = note.invoice_id FOR NO KEY UPDATE;
    IF invoice.status NOT IN ('sent', 'paid') OR billing_is_credited(invoice) THEN
        PERFORM skeleton_refuse('billing_credit_note_of_sent', 'only what was sent and is not credited can be credited');
    END IF;
    IF note.issue_date < invoice.issue_date THEN
        PERFORM skeleton_refuse('billing_credit_note_after_invoice', 'a credit note is not issued before its invoice');
    END IF;
    IF EXISTS (SELECT FROM billing_wrong_shares(note.id, note.invoice_id)) THEN
        PERFORM skeleton_refuse('billing_credit_note_line_share', 'a line credits something else than its share');
    END IF;
    SELECT * INTO of_lines FROM billing_totals_of_credit_note(note.id, note.invoice_id);
    IF of_lines.breakdown = '[]' THEN
        PERFORM skeleton_refuse('billing_credit_note_has_lines', 'a credit note without lines cannot be sent');
    ELSIF (note.subtotal, note.tax_total, note.tax_breakdown)
          IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM skeleton_refuse('billing_credit_note_totals_of_lines', 'the totals are not those of the shares');
    END IF;
    IF note.total > invoice.total - invoice.credited_total - invoice.amount_written_off THEN
        PERFORM skeleton_refuse('billing_credit_note_beside_write_off', 'a part of this was written off');
    END IF;
END $$;

-- Goods come back once, as one receipt of what the lines say, and never more of an order's item than was shipped.
CREATE FUNCTION billing_check_restock(note uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM billing_credit_note_line c
        JOIN billing_invoice_line l ON l.id = c.invoice_line_id
        LEFT JOIN billing_order_line o ON o.id = l.order_line_id
        LEFT JOIN inventory_movement m ON m.id = c.restock_movement_id
        WHERE c.credit_note_id = note AND c.restock_warehouse_id IS NOT NULL
          AND ((m.type, m.item_id, m.warehouse_id) IS DISTINCT FROM ('receipt', o.item_id, c.restock_warehouse_id)
               OR m.quantity <> (SELECT sum(s.quantity) FROM billing_credit_note_line s
                                 WHERE s.restock_movement_id = m.id))
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_restocked', 'what is taken back has exactly one receipt');
    END IF;
    PERFORM FROM billing_order WHERE id IN (
        SELECT o.order_id FROM billing_credit_note_line c
        JOIN billing_invoice_line l ON l.id = c.invoice_line_id JOIN billing_order_line o ON o.id = l.order_line_id
        WHERE c.credit_note_id = note AND c.restock_warehouse_id IS NOT NULL
    ) FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM (
            SELECT DISTINCT o.order_id, o.item_id FROM billing_credit_note_line c
            JOIN billing_invoice_line l ON l.id = c.invoice_line_id JOIN billing_order_line o ON o.id = l.order_line_id
            WHERE c.credit_note_id = note AND c.restock_warehouse_id IS NOT NULL
        ) AS touched WHERE billing_returnable(touched.order_id, touched.item_id) < 0
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_restock_shipped', 'more would be taken back than was shipped');
    END IF;
END $$;

-- What of an order's item was shipped, minus what issued credit notes have taken back.
CREATE FUNCTION billing_returnable(ordered uuid, item uuid) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT -sum(m.quantity) FROM inventory_movement m
                     WHERE m.order_id = ordered AND m.item_id = item AND m.type = 'issue'), 0)
         - coalesce((SELECT sum(c.quantity) FROM billing_order_line o
                     JOIN billing_invoice_line l ON l.order_line_id = o.id
                     JOIN billing_credit_note_line c ON c.invoice_line_id = l.id AND c.restock_warehouse_id IS NOT NULL
                     JOIN billing_credit_note n ON n.id = c.credit_note_id AND n.status = 'sent'
                     WHERE o.order_id = ordered AND o.item_id = item), 0)
$$;

CREATE FUNCTION billing_credit_note_restocked() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM billing_check_restock(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_credit_note_restocked AFTER UPDATE OF status ON billing_credit_note
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status = 'draft' AND NEW.status = 'sent') EXECUTE FUNCTION billing_credit_note_restocked();

-- PDFs are kept of what was sent.
CREATE OR REPLACE FUNCTION billing_document_of_sent() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NOT NULL)
       AND NOT EXISTS (SELECT FROM billing_credit_note
                       WHERE id = (to_jsonb(NEW)->>'credit_note_id')::uuid AND sent_at IS NOT NULL) THEN
        PERFORM skeleton_refuse('billing_issued_document_of_sent', 'only what was sent is kept on paper');
    END IF;
    RETURN NEW;
END $$;

SELECT audit_attach('billing_credit_note', 'invoices', '{search_text,number_key,seller,buyer}');
SELECT audit_attach_children('billing_credit_note_line', 'invoices', 'credit_note_id', 'lines');
