DROP TRIGGER billing_entry_has_document ON accounting_entry;
DROP FUNCTION billing_entry_has_document();
DROP TRIGGER billing_payment_in_books ON billing_payment;
DROP FUNCTION billing_payment_in_books();
DROP TRIGGER billing_invoice_in_books ON billing_invoice;
DROP FUNCTION billing_invoice_in_books();
DROP FUNCTION billing_check_payment_books(uuid);
DROP FUNCTION billing_check_invoice_books(uuid);
