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
END $$;

DROP FUNCTION billing_is_beside_corrected_tax(billing_credit_note);
DROP FUNCTION billing_taken_by_rate(uuid);
