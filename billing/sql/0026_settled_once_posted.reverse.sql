-- The first rule that a new settlement breaks: NULL if there is none.
CREATE OR REPLACE FUNCTION billing_settlement_fault(made billing_settlement) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN made.undone_at IS NOT NULL THEN 'billing_settlement_append_only'
        WHEN made.day < i.issue_date THEN 'billing_settlement_days'
        WHEN made.kind = 'write_off' THEN CASE
            WHEN made.at_once OR made.day > greatest((clock_timestamp() AT TIME ZONE 'UTC')::date, i.issue_date)
                THEN 'billing_settlement_days'
            WHEN NOT billing_is_tax_left(made) THEN 'billing_settlement_tax_of_invoice'
        END
        WHEN made.kind = 'credit_note' THEN CASE
            WHEN n.status <> 'sent' THEN 'billing_settlement_of_sent_credit_note'
            WHEN n.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
            WHEN n.currency <> i.currency THEN 'billing_settlement_same_currency'
            WHEN made.day < n.issue_date
                 OR made.day > greatest((clock_timestamp() AT TIME ZONE 'UTC')::date, n.issue_date)
                 OR made.at_once AND made.day <> n.issue_date
                THEN 'billing_settlement_days'
        END
        WHEN made.at_once AND made.day <> (p.paid_at AT TIME ZONE 'UTC')::date THEN 'billing_settlement_days'
        WHEN p.direction <> 'in' OR p.reversed_at IS NOT NULL THEN 'billing_settlement_of_received'
        WHEN p.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
        WHEN p.currency <> i.currency THEN 'billing_settlement_same_currency'
        WHEN made.day < (p.paid_at AT TIME ZONE 'UTC')::date OR made.day > billing_latest_day(p.paid_at)
            THEN 'billing_settlement_days'
    END
    FROM billing_invoice i
    LEFT JOIN billing_payment p ON p.id = made.payment_id
    LEFT JOIN billing_credit_note n ON n.id = made.credit_note_id
    WHERE i.id = made.invoice_id
$$;

DROP FUNCTION billing_first_day(billing_settlement, billing_invoice);
DROP FUNCTION billing_posting_day(billing_invoice);
