CREATE OR REPLACE FUNCTION billing_first_day(made billing_settlement, invoice billing_invoice) RETURNS date
    LANGUAGE sql STABLE AS $$
    SELECT billing_posting_day(invoice)
$$;
