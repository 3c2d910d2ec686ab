-- Breakdowns as they were: per rate, without categories.
DO $$
DECLARE
    documents text;
BEGIN
    FOREACH documents IN ARRAY '{billing_invoice,billing_order,billing_credit_note}'::text[] LOOP
        EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', documents);
        EXECUTE format($sql$
            UPDATE %I SET tax_breakdown = (
                SELECT jsonb_agg(jsonb_build_object('rate', rate, 'base', base, 'tax', tax) ORDER BY rate)
                FROM (SELECT r.rate, sum(r.base) AS base, sum(r.tax) AS tax
                      FROM jsonb_to_recordset(tax_breakdown) AS r (rate numeric, base numeric, tax numeric)
                      GROUP BY r.rate) AS by_rate)
            WHERE jsonb_path_exists(tax_breakdown, '$[*].category')
        $sql$, documents);
        EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', documents);
    END LOOP;
END $$;

DROP TRIGGER billing_tax_code_used ON accounting_tax_code;
DROP FUNCTION billing_tax_code_used();
ALTER TABLE billing_invoice_line DROP CONSTRAINT billing_invoice_line_rate_of_tax_code;
ALTER TABLE billing_order_line DROP CONSTRAINT billing_order_line_rate_of_tax_code;
ALTER TABLE billing_credit_note_line DROP CONSTRAINT billing_credit_note_line_rate_of_tax_code;

CREATE OR REPLACE FUNCTION billing_check_credit_note_books(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
            THEN billing_is_posted('credit_note', checked, 'send', note.currency, array[note.subtotal, note.tax_total],
                                   array[at_once, note.total - at_once])
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
END $function$;

CREATE OR REPLACE FUNCTION billing_check_write_off_books(settlement billing_settlement, coin text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT billing_is_posted('write_off', settlement.id, 'write_off', coin, array[settlement.amount - t.tax, t.tax],
                             array[settlement.amount])
           AND CASE WHEN settlement.undone_at IS NULL THEN NOT billing_has_entry('write_off', settlement.id, 'undo')
               ELSE billing_is_posted('write_off', settlement.id, 'undo', coin, array[settlement.amount],
                                      array[settlement.amount - t.tax, t.tax]) END
    FROM (SELECT coalesce(sum(r.tax), 0) AS tax FROM jsonb_to_recordset(settlement.tax) AS r (tax numeric)) AS t
$function$;

DROP FUNCTION billing_is_posted(text, uuid, text, text, numeric[], numeric[], numeric, numeric);
CREATE OR REPLACE FUNCTION billing_is_posted(kind text, document uuid, reason text, coin text, debits numeric[], credits numeric[])
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (
        SELECT FROM accounting_entry e CROSS JOIN LATERAL (
            SELECT array_agg(l.debit::numeric ORDER BY l.debit) FILTER (WHERE l.debit > 0) AS debits,
                   array_agg(l.credit::numeric ORDER BY l.credit) FILTER (WHERE l.credit > 0) AS credits,
                   min(l.currency) AS lowest, max(l.currency) AS highest
            FROM accounting_line l WHERE l.entry_id = e.id
        ) AS posted
        WHERE e.source_type = kind AND e.source_id = document AND e.purpose = reason
          AND (posted.lowest, posted.highest) = (coin, coin)
          AND posted.debits = (SELECT array_agg(part ORDER BY part) FROM unnest($5) AS part WHERE part <> 0)
          AND posted.credits = (SELECT array_agg(part ORDER BY part) FROM unnest($6) AS part WHERE part <> 0)
          AND NOT EXISTS (SELECT FROM accounting_entry r WHERE r.reverses_id = e.id)
    )
$function$;

DROP FUNCTION billing_side_fits(numeric[], numeric[], numeric);

CREATE OR REPLACE FUNCTION billing_order_unbilled(ordered uuid)
 RETURNS numeric
 LANGUAGE plpgsql
AS $function$
BEGIN
    RETURN (
        SELECT coalesce(sum(base + billing_tax(base, tax_rate)), 0)
        FROM (
            SELECT l.tax_rate, sum(round(rest.quantity * l.unit_price) - rest.discount) AS base
            FROM billing_order_rest(ordered, '{sent,paid}') AS rest JOIN billing_order_line l ON l.id = rest.order_line_id
            WHERE rest.quantity > 0 GROUP BY l.tax_rate
        ) AS by_rate
    );
END $function$;

CREATE OR REPLACE FUNCTION billing_order_rest(ordered uuid, states text[])
 RETURNS TABLE(order_line_id uuid, line_position integer, quantity numeric, discount numeric)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT l.id, l.position, l.quantity - billed.quantity,
           least(greatest(l.discount - billed.discount, 0), round((l.quantity - billed.quantity) * l.unit_price))
    FROM billing_order_line l CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.quantity), 0) AS quantity, coalesce(sum(b.discount), 0) AS discount
        FROM billing_invoice_line b JOIN billing_invoice i ON i.id = b.invoice_id
        WHERE b.order_line_id = l.id AND i.status = ANY(states) AND NOT billing_is_credited(i)
    ) AS billed
    WHERE l.order_id = ordered
$function$;

DROP FUNCTION billing_product(numeric, numeric, numeric);

CREATE OR REPLACE FUNCTION billing_is_tax_left(made billing_settlement)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(r.base + r.tax), 0) <= made.amount AND coalesce(bool_and((
        r.base >= 0 AND r.tax >= 0 AND r.base <= invoiced.base AND r.tax <= greatest(0, invoiced.tax - taken.tax)
    ) IS TRUE), true)
    FROM jsonb_to_recordset(made.tax) AS r (rate numeric, base numeric, tax numeric)
    LEFT JOIN LATERAL (
        SELECT b.base, b.tax
        FROM billing_invoice i CROSS JOIN jsonb_to_recordset(i.tax_breakdown) AS b (rate numeric, base numeric, tax numeric)
        WHERE i.id = made.invoice_id AND b.rate = r.rate
    ) AS invoiced ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(t.tax), 0) AS tax
        FROM (
            SELECT tax_breakdown AS rows FROM billing_credit_note WHERE invoice_id = made.invoice_id AND status = 'sent'
            UNION ALL
            SELECT w.tax FROM billing_settlement w
            WHERE w.invoice_id = made.invoice_id AND w.kind = 'write_off' AND w.undone_at IS NULL AND w.id <> made.id
        ) AS takers CROSS JOIN jsonb_to_recordset(takers.rows) AS t (rate numeric, tax numeric)
        WHERE t.rate = r.rate
    ) AS taken
$function$;

CREATE OR REPLACE FUNCTION billing_is_beside_corrected_tax(note billing_credit_note)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT NOT EXISTS (
        SELECT FROM billing_taken_by_rate(note.invoice_id) AS taken
        JOIN jsonb_to_recordset(note.tax_breakdown) AS here (rate numeric, base numeric, tax numeric) USING (rate)
        WHERE taken.tax_corrected > 0 AND here.base + here.tax > 0 AND taken.credited + taken.written_off > taken.invoiced
    )
$function$;

DROP FUNCTION billing_taken_by_rate(uuid);
CREATE OR REPLACE FUNCTION billing_taken_by_rate(checked uuid)
 RETURNS TABLE(rate numeric, invoiced numeric, invoiced_tax numeric, credited numeric, written_off numeric, tax_credited numeric, tax_corrected numeric, write_offs bigint)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT r.rate, r.base + r.tax, r.tax,
           coalesce(sum(t.base + t.tax) FILTER (WHERE NOT taker.is_write_off), 0),
           coalesce(sum(t.base + t.tax) FILTER (WHERE taker.is_write_off), 0),
           coalesce(sum(t.tax) FILTER (WHERE NOT taker.is_write_off), 0),
           coalesce(sum(t.tax) FILTER (WHERE taker.is_write_off), 0),
           count(t.tax) FILTER (WHERE taker.is_write_off)
    FROM billing_invoice i
    CROSS JOIN jsonb_to_recordset(i.tax_breakdown) AS r (rate numeric, base numeric, tax numeric)
    LEFT JOIN LATERAL (
        SELECT false AS is_write_off, tax_breakdown AS rows
        FROM billing_credit_note WHERE invoice_id = checked AND status = 'sent'
        UNION ALL
        SELECT true, tax FROM billing_settlement
        WHERE invoice_id = checked AND kind = 'write_off' AND undone_at IS NULL
    ) AS taker ON true
    LEFT JOIN LATERAL jsonb_to_recordset(taker.rows) AS t (rate numeric, base numeric, tax numeric) ON t.rate = r.rate
    WHERE i.id = checked GROUP BY r.rate, r.base, r.tax
$function$;

CREATE OR REPLACE FUNCTION billing_wrong_shares(note uuid, corrected uuid)
 RETURNS SETOF billing_credit_note_line
 LANGUAGE sql
 STABLE
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION billing_totals_of_credit_note(note uuid, corrected uuid)
 RETURNS TABLE(subtotal numeric, tax_total numeric, breakdown jsonb)
 LANGUAGE sql
 STABLE
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION billing_totals_of(document uuid)
 RETURNS TABLE(subtotal numeric, tax_total numeric, breakdown jsonb, rates bigint)
 LANGUAGE sql
 STABLE
AS $function$
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
$function$;

DROP FUNCTION billing_tax_row(numeric, numeric, numeric, text, uuid[]);
DROP FUNCTION billing_exemption_reason(uuid[]);
DROP FUNCTION billing_tax_category(text, numeric);
