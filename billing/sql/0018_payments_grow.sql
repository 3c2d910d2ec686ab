-- Payments are changed by the next migrations, and get other triggers after that.
DROP TRIGGER billing_payment_append_only ON billing_payment;
DROP TRIGGER billing_payment_insert ON billing_payment;
DROP TRIGGER billing_payment_in_books ON billing_payment;
SELECT audit_detach('billing_payment');
