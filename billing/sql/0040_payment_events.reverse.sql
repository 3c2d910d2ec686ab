DROP TRIGGER billing_payment_event ON billing_payment;
DROP FUNCTION billing_payment_event();
