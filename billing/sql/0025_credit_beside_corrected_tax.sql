-- A credit note leaves alone what write-offs with corrected tax have taken of a rate.

-- What issued credit notes and standing write-offs have taken of each rate of an invoice, and how many write-offs.
CREATE FUNCTION billing_taken_by_rate(checked uuid)
    RETURNS TABLE (rate numeric, invoiced numeric, invoiced_tax numeric, credited numeric, written_off numeric,
                   tax_credited numeric, tax_corrected numeric, write_offs bigint)
    LANGUAGE sql STABLE AS $$
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
$$;

-- Whether an issued credit note, with those before it, leaves what write-offs have taken of each rate whose tax they
-- corrected. The rates of which it credits nothing do not matter.
CREATE FUNCTION billing_is_beside_corrected_tax(note billing_credit_note) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM billing_taken_by_rate(note.invoice_id) AS taken
        JOIN jsonb_to_recordset(note.tax_breakdown) AS here (rate numeric, base numeric, tax numeric) USING (rate)
        WHERE taken.tax_corrected > 0 AND here.base + here.tax > 0 AND taken.credited + taken.written_off > taken.invoiced
    )
$$;

CREATE OR REPLACE FUNCTION billing_check_credit_note(note billing_credit_note) RETURNS void LANGUAGE plpgsql AS $$
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
    IF NOT billing_is_beside_corrected_tax(note) THEN
        PERFORM skeleton_refuse('billing_credit_note_beside_write_off', 'tax of this rate was corrected by a write-off');
    END IF;
END $$;
