-- Every payment so far came in for one invoice: it gets a number in the order of recording, and a settlement with its
-- own id that settles the invoice on the day of the payment, as it was posted.
UPDATE billing_payment p
SET direction = 'in', customer_id = i.customer_id, currency = i.currency, allocated = p.amount, refunded = 0,
    number = 'PAY-' || numbered.year || '-' || lpad(numbered.n::text, greatest(6, length(numbered.n::text)), '0')
FROM billing_invoice i, (
    SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY') AS year,
           row_number() OVER (PARTITION BY to_char(created_at AT TIME ZONE 'UTC', 'YYYY') ORDER BY created_at, id) AS n
    FROM billing_payment
) AS numbered
WHERE i.id = p.invoice_id AND numbered.id = p.id;

INSERT INTO core_number_series (name, last)
SELECT 'PAY-' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY'), count(*) FROM billing_payment GROUP BY 1;

INSERT INTO billing_settlement (id, invoice_id, kind, payment_id, amount, day, at_once, created_by_id, created_at)
SELECT id, invoice_id, 'payment', id, amount, (paid_at AT TIME ZONE 'UTC')::date, true, created_by_id, created_at
FROM billing_payment;

-- what is checked at commit is checked now, since the next migration alters these tables
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
