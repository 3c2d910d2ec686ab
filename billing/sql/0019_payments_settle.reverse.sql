-- Only a payment that settles one invoice with all of its amount, and always did, can be what it was before.
DO $$
DECLARE
    found text;
BEGIN
    SELECT string_agg(number, ', ') INTO found FROM (
        SELECT p.number FROM billing_payment p LEFT JOIN billing_settlement s ON s.payment_id = p.id
        GROUP BY p.id HAVING p.direction <> 'in' OR p.reversed_at IS NOT NULL OR count(s.id) <> 1
                             OR bool_or(s.undone_at IS NOT NULL OR s.amount <> p.amount)
        ORDER BY p.number LIMIT 5
    ) AS other;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'earlier versions cannot represent these payments: %', found;
    END IF;
    SELECT string_agg(DISTINCT kind, ', ') INTO found FROM billing_settlement WHERE kind <> 'payment';
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'earlier versions cannot represent settlements of this kind: %', found;
    END IF;
END $$;

UPDATE billing_payment p SET invoice_id = s.invoice_id FROM billing_settlement s WHERE s.payment_id = p.id;
DELETE FROM billing_settlement;
DELETE FROM core_number_series WHERE name LIKE 'PAY-%';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
