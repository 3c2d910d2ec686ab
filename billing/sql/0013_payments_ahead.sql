CREATE TRIGGER billing_payment_paid_at_ahead BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (NEW.paid_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION billing_never('billing_payment_paid_at_ahead', 'a payment is not dated in the future');
CREATE TRIGGER billing_invoice_paid_at_ahead BEFORE UPDATE OF paid_at ON billing_invoice
    FOR EACH ROW WHEN (NEW.paid_at IS DISTINCT FROM OLD.paid_at
                       AND NEW.paid_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION billing_never('billing_invoice_paid_at_ahead', 'an invoice is not paid in the future');
