-- Taxes of documents are per category and rate, and prices may be those of several units.

-- A line with a tax code has its rate.
ALTER TABLE billing_invoice_line ADD CONSTRAINT billing_invoice_line_rate_of_tax_code
    FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code (id, rate);
ALTER TABLE billing_order_line ADD CONSTRAINT billing_order_line_rate_of_tax_code
    FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code (id, rate);
ALTER TABLE billing_credit_note_line ADD CONSTRAINT billing_credit_note_line_rate_of_tax_code
    FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code (id, rate);

-- What documents say and post follows from the codes of their lines, so a code that is used stays. Writing a line locks
-- its code FOR KEY SHARE, so this waits for whoever is about to use it.
CREATE FUNCTION billing_tax_code_used() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM accounting_tax_code WHERE id = OLD.id FOR UPDATE;
    IF EXISTS (SELECT FROM billing_invoice_line WHERE tax_code_id = OLD.id)
       OR EXISTS (SELECT FROM billing_order_line WHERE tax_code_id = OLD.id)
       OR EXISTS (SELECT FROM billing_credit_note_line WHERE tax_code_id = OLD.id) THEN
        PERFORM skeleton_refuse('billing_tax_code_used', 'what documents use stays as it is');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_tax_code_used BEFORE UPDATE ON accounting_tax_code FOR EACH ROW
    WHEN ((OLD.category, OLD.rate, OLD.exemption_code, OLD.exemption_reason, OLD.account_id)
          IS DISTINCT FROM (NEW.category, NEW.rate, NEW.exemption_code, NEW.exemption_reason, NEW.account_id))
    EXECUTE FUNCTION billing_tax_code_used();

-- The category of a rate. Without a tax code, a rate over 0 is standard (S), and that of 0 is not known.
CREATE FUNCTION billing_tax_category(category text, rate numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(category, CASE WHEN rate > 0 THEN 'S' ELSE '' END)
$$;

-- The exemption reasons of tax codes, by language. Where a code has none in a language, its English one stands in.
CREATE FUNCTION billing_exemption_reason(codes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_object_agg(language, reason) FROM (
        SELECT spoken.language, string_agg(DISTINCT told.reason, '; ' ORDER BY told.reason) AS reason
        FROM (SELECT DISTINCT jsonb_object_keys(c.exemption_reason) AS language
              FROM accounting_tax_code c WHERE c.id = ANY(codes)) AS spoken
        JOIN accounting_tax_code c ON c.id = ANY(codes) AND c.exemption_reason IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT coalesce(c.exemption_reason->>spoken.language, c.exemption_reason->>'en') COLLATE "C" AS reason
        ) AS told
        GROUP BY spoken.language
    ) AS reasons
$$;

-- A row of a tax breakdown. `codes` are the tax codes of its lines; without one, it has no category.
CREATE FUNCTION billing_tax_row(rate numeric, base numeric, tax numeric, category text, codes uuid[])
    RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('rate', rate, 'base', base, 'tax', tax)
           || CASE WHEN codes IS NULL THEN '{}' ELSE (
               SELECT jsonb_strip_nulls(jsonb_build_object(
                   'category', $4,
                   'exemption_reason', billing_exemption_reason(codes),
                   'exemption_code', CASE WHEN min(c.exemption_code) = max(c.exemption_code) THEN min(c.exemption_code) END))
               FROM accounting_tax_code c WHERE c.id = ANY(codes)
           ) END
$$;

CREATE OR REPLACE FUNCTION billing_totals_of(document uuid)
    RETURNS TABLE (subtotal numeric, tax_total numeric, breakdown jsonb, rates bigint) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(base), 0), coalesce(sum(tax), 0),
           coalesce(jsonb_agg(billing_tax_row(rate, base, tax, category, codes) ORDER BY rate, category COLLATE "C"), '[]'),
           count(*)
    FROM (
        SELECT tax_rate AS rate, billing_tax_category(c.category, tax_rate) AS category, sum(total) AS base,
               billing_tax(sum(total), tax_rate) AS tax, array_agg(DISTINCT c.id) FILTER (WHERE c.id IS NOT NULL) AS codes
        FROM (
            SELECT tax_rate, tax_code_id, total FROM billing_invoice_line WHERE invoice_id = document
            UNION ALL
            SELECT tax_rate, tax_code_id, total FROM billing_order_line WHERE order_id = document
        ) AS lines LEFT JOIN accounting_tax_code c ON c.id = lines.tax_code_id
        GROUP BY 1, 2
    ) AS by_rate
$$;

-- A credit note repeats what the rows of its invoice say about the category.
CREATE OR REPLACE FUNCTION billing_totals_of_credit_note(note uuid, corrected uuid)
    RETURNS TABLE (subtotal numeric, tax_total numeric, breakdown jsonb) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(base), 0), coalesce(sum(tax), 0),
           coalesce(jsonb_agg(invoiced_row || jsonb_build_object('rate', rate, 'base', base, 'tax', tax)
                              ORDER BY rate, category COLLATE "C"), '[]')
    FROM (
        SELECT here.tax_rate AS rate, here.category, here.base, coalesce(invoiced.row, '{}') AS invoiced_row,
               CASE WHEN here.base + before.base = invoiced.base THEN invoiced.tax
                    ELSE billing_tax(here.base + before.base, here.tax_rate) END - before.tax AS tax
        FROM (
            SELECT l.tax_rate, billing_tax_category(c.category, l.tax_rate) AS category, sum(l.total) AS base
            FROM billing_credit_note_line l LEFT JOIN accounting_tax_code c ON c.id = l.tax_code_id
            WHERE l.credit_note_id = note GROUP BY 1, 2
        ) AS here
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(r.base), 0) AS base, coalesce(sum(r.tax), 0) AS tax
            FROM billing_credit_note n
            CROSS JOIN jsonb_to_recordset(n.tax_breakdown) AS r (rate numeric, base numeric, tax numeric, category text)
            WHERE n.invoice_id = corrected AND n.status = 'sent' AND n.id <> note
              AND r.rate = here.tax_rate AND billing_tax_category(r.category, r.rate) = here.category
        ) AS before
        LEFT JOIN LATERAL (
            SELECT r AS row, (r->>'base')::numeric AS base, (r->>'tax')::numeric AS tax
            FROM billing_invoice i CROSS JOIN jsonb_array_elements(i.tax_breakdown) AS r
            WHERE i.id = corrected AND (r->>'rate')::numeric = here.tax_rate
              AND billing_tax_category(r->>'category', (r->>'rate')::numeric) = here.category
        ) AS invoiced ON true
    ) AS by_rate
$$;

CREATE OR REPLACE FUNCTION billing_wrong_shares(note uuid, corrected uuid) RETURNS SETOF billing_credit_note_line
    LANGUAGE sql STABLE AS $$
    SELECT c.*
    FROM billing_credit_note_line c JOIN billing_invoice_line l ON l.id = c.invoice_line_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.quantity), 0) AS quantity, coalesce(sum(e.total), 0) AS total
        FROM billing_credit_note_line e JOIN billing_credit_note n ON n.id = e.credit_note_id
        WHERE e.invoice_line_id = l.id AND n.status = 'sent' AND n.id <> note
    ) AS before
    WHERE c.credit_note_id = note AND (
        l.invoice_id <> corrected OR (c.tax_rate, c.tax_code_id) IS DISTINCT FROM (l.tax_rate, l.tax_code_id)
        OR before.total + c.total > l.total
        OR c.quantity IS NOT NULL AND (
            (c.unit_price, c.price_base_quantity, c.unit_code) <> (l.unit_price, l.price_base_quantity, l.unit_code)
            OR before.quantity + c.quantity > l.quantity
            OR c.total <> billing_share(l.total, before.quantity + c.quantity, l.quantity) - before.total))
$$;

DROP FUNCTION billing_taken_by_rate(uuid);
CREATE FUNCTION billing_taken_by_rate(checked uuid)
    RETURNS TABLE (rate numeric, category text, invoiced numeric, invoiced_tax numeric, credited numeric,
                   written_off numeric, tax_credited numeric, tax_corrected numeric, write_offs bigint)
    LANGUAGE sql STABLE AS $$
    SELECT r.rate, r.category, r.base + r.tax, r.tax,
           coalesce(sum(t.base + t.tax) FILTER (WHERE NOT taker.is_write_off), 0),
           coalesce(sum(t.base + t.tax) FILTER (WHERE taker.is_write_off), 0),
           coalesce(sum(t.tax) FILTER (WHERE NOT taker.is_write_off), 0),
           coalesce(sum(t.tax) FILTER (WHERE taker.is_write_off), 0),
           count(t.tax) FILTER (WHERE taker.is_write_off)
    FROM billing_invoice i
    CROSS JOIN LATERAL (
        SELECT b.rate, billing_tax_category(b.category, b.rate) AS category, b.base, b.tax
        FROM jsonb_to_recordset(i.tax_breakdown) AS b (rate numeric, base numeric, tax numeric, category text)
    ) AS r
    LEFT JOIN LATERAL (
        SELECT false AS is_write_off, tax_breakdown AS rows
        FROM billing_credit_note WHERE invoice_id = checked AND status = 'sent'
        UNION ALL
        SELECT true, tax FROM billing_settlement
        WHERE invoice_id = checked AND kind = 'write_off' AND undone_at IS NULL
    ) AS taker ON true
    LEFT JOIN LATERAL jsonb_to_recordset(taker.rows) AS t (rate numeric, base numeric, tax numeric, category text)
        ON t.rate = r.rate AND billing_tax_category(t.category, t.rate) = r.category
    WHERE i.id = checked GROUP BY r.rate, r.category, r.base, r.tax
$$;

CREATE OR REPLACE FUNCTION billing_is_beside_corrected_tax(note billing_credit_note) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM billing_taken_by_rate(note.invoice_id) AS taken
        JOIN jsonb_to_recordset(note.tax_breakdown) AS here (rate numeric, base numeric, tax numeric, category text)
            ON here.rate = taken.rate AND billing_tax_category(here.category, here.rate) = taken.category
        WHERE taken.tax_corrected > 0 AND here.base + here.tax > 0 AND taken.credited + taken.written_off > taken.invoiced
    )
$$;

CREATE OR REPLACE FUNCTION billing_is_tax_left(made billing_settlement) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(r.base + r.tax), 0) <= made.amount AND coalesce(bool_and((
        r.base >= 0 AND r.tax >= 0 AND r.base <= invoiced.base AND r.tax <= greatest(0, invoiced.tax - taken.tax)
    ) IS TRUE), true)
    FROM (
        SELECT w.rate, billing_tax_category(w.category, w.rate) AS category, w.base, w.tax
        FROM jsonb_to_recordset(made.tax) AS w (rate numeric, base numeric, tax numeric, category text)
    ) AS r
    LEFT JOIN LATERAL (
        SELECT b.base, b.tax
        FROM billing_invoice i
        CROSS JOIN jsonb_to_recordset(i.tax_breakdown) AS b (rate numeric, base numeric, tax numeric, category text)
        WHERE i.id = made.invoice_id AND b.rate = r.rate AND billing_tax_category(b.category, b.rate) = r.category
    ) AS invoiced ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(t.tax), 0) AS tax
        FROM (
            SELECT tax_breakdown AS rows FROM billing_credit_note WHERE invoice_id = made.invoice_id AND status = 'sent'
            UNION ALL
            SELECT w.tax FROM billing_settlement w
            WHERE w.invoice_id = made.invoice_id AND w.kind = 'write_off' AND w.undone_at IS NULL AND w.id <> made.id
        ) AS takers CROSS JOIN jsonb_to_recordset(takers.rows) AS t (rate numeric, tax numeric, category text)
        WHERE t.rate = r.rate AND billing_tax_category(t.category, t.rate) = r.category
    ) AS taken
$$;

-- round(quantity × price ÷ base), half away from zero and exact: div() cuts off. Nothing is negative.
CREATE FUNCTION billing_product(quantity numeric, price numeric, base numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE AS $$
    SELECT div(2 * quantity * price + base, 2 * base)
$$;

CREATE OR REPLACE FUNCTION billing_order_rest(ordered uuid, states text[])
    RETURNS TABLE (order_line_id uuid, line_position integer, quantity numeric, discount numeric)
    LANGUAGE sql STABLE AS $$
    SELECT l.id, l.position, l.quantity - billed.quantity,
           least(greatest(l.discount - billed.discount, 0),
                 billing_product(greatest(l.quantity - billed.quantity, 0), l.unit_price, l.price_base_quantity))
    FROM billing_order_line l CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.quantity), 0) AS quantity, coalesce(sum(b.discount), 0) AS discount
        FROM billing_invoice_line b JOIN billing_invoice i ON i.id = b.invoice_id
        WHERE b.order_line_id = l.id AND i.status = ANY(states) AND NOT billing_is_credited(i)
    ) AS billed
    WHERE l.order_id = ordered
$$;

CREATE OR REPLACE FUNCTION billing_order_unbilled(ordered uuid) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(base + billing_tax(base, tax_rate)), 0)
        FROM (
            SELECT l.tax_rate, sum(billing_product(rest.quantity, l.unit_price, l.price_base_quantity) - rest.discount) AS base
            FROM billing_order_rest(ordered, '{sent,paid}') AS rest JOIN billing_order_line l ON l.id = rest.order_line_id
            WHERE rest.quantity > 0 GROUP BY l.tax_rate
        ) AS by_rate
    );
END $$;

-- Whether the lines of one side of an entry are `parts`. Beside them, `tax` may be divided among accounts.
CREATE FUNCTION billing_side_fits(posted numeric[], parts numeric[], tax numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN tax = 0 THEN posted = (SELECT array_agg(part ORDER BY part) FROM unnest(parts) AS part WHERE part <> 0)
        ELSE (SELECT sum(part) FROM unnest(posted) AS part) = tax + (SELECT coalesce(sum(part), 0) FROM unnest(parts) AS part)
             AND NOT EXISTS (SELECT FROM unnest(parts) AS part WHERE part <> 0 AND part <> ALL (posted)) END
$$;

DROP FUNCTION billing_is_posted(text, uuid, text, text, numeric[], numeric[]);
CREATE FUNCTION billing_is_posted(kind text, document uuid, reason text, coin text, debits numeric[], credits numeric[],
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

CREATE OR REPLACE FUNCTION billing_check_credit_note_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    note billing_credit_note;
    at_once numeric;
    posted boolean;
BEGIN
    SELECT * INTO note FROM billing_credit_note WHERE id = checked;
    SELECT coalesce(sum(amount), 0) INTO at_once
    FROM billing_settlement AS settlement WHERE credit_note_id = checked AND settlement.at_once;
    posted := CASE
        WHEN note.status IS DISTINCT FROM 'sent' OR note.total = 0
            THEN NOT billing_has_entry('credit_note', checked, 'send')
        WHEN billing_has_entry('credit_note', checked, 'send')
            THEN billing_is_posted('credit_note', checked, 'send', note.currency, array[note.subtotal],
                                   array[at_once, note.total - at_once], debited_tax => note.tax_total)
        ELSE note.total = at_once AND EXISTS (
            SELECT FROM billing_invoice i
            JOIN accounting_entry e ON e.source_type = 'invoice' AND e.source_id = i.id AND e.purpose = 'send'
            JOIN accounting_entry r ON r.reverses_id = e.id
            WHERE i.id = note.invoice_id AND i.total = note.total)
    END;
    IF posted IS NOT true OR EXISTS (
        SELECT FROM billing_settlement
        WHERE credit_note_id = checked AND undone_at IS NOT NULL AND NOT billing_has_entry('allocation', id, 'undo')
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_in_books', 'the books do not have what the credit note says');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION billing_check_write_off_books(settlement billing_settlement, coin text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT billing_is_posted('write_off', settlement.id, 'write_off', coin, array[settlement.amount - t.tax],
                             array[settlement.amount], debited_tax => t.tax)
           AND CASE WHEN settlement.undone_at IS NULL THEN NOT billing_has_entry('write_off', settlement.id, 'undo')
               ELSE billing_is_posted('write_off', settlement.id, 'undo', coin, array[settlement.amount],
                                      array[settlement.amount - t.tax], credited_tax => t.tax) END
    FROM (SELECT coalesce(sum(r.tax), 0) AS tax FROM jsonb_to_recordset(settlement.tax) AS r (tax numeric)) AS t
$$;
