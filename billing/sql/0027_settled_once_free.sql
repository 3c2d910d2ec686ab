-- A new settlement does not count before the last day on which a settlement of the same invoice, payment or credit note
-- was undone: until then the same money counted elsewhere, or something else settled the invoice.
CREATE OR REPLACE FUNCTION billing_first_day(made billing_settlement, invoice billing_invoice) RETURNS date
    LANGUAGE sql STABLE AS $$
    SELECT greatest(billing_posting_day(invoice), max(least(undone_day, (clock_timestamp() AT TIME ZONE 'UTC')::date)))
    FROM (
        SELECT undone_day FROM billing_settlement WHERE invoice_id = made.invoice_id
        UNION ALL
        SELECT undone_day FROM billing_settlement WHERE payment_id = made.payment_id
        UNION ALL
        SELECT undone_day FROM billing_settlement WHERE credit_note_id = made.credit_note_id
    ) AS earlier WHERE undone_day IS NOT NULL
$$;
