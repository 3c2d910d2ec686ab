"""A payment is dated at most 5 minutes ahead when it is recorded. Payments that are there stay as they are."""

from django.db import migrations

AHEAD = """
CREATE TRIGGER billing_payment_paid_at_ahead BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (NEW.paid_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION billing_never('billing_payment_paid_at_ahead', 'a payment is not dated in the future');
CREATE TRIGGER billing_invoice_paid_at_ahead BEFORE UPDATE OF paid_at ON billing_invoice
    FOR EACH ROW WHEN (NEW.paid_at IS DISTINCT FROM OLD.paid_at
                       AND NEW.paid_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION billing_never('billing_invoice_paid_at_ahead', 'an invoice is not paid in the future');
"""

REVERSE = """
DROP TRIGGER billing_invoice_paid_at_ahead ON billing_invoice;
DROP TRIGGER billing_payment_paid_at_ahead ON billing_payment;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_order_stock")]

    operations = [migrations.RunSQL(AHEAD, REVERSE)]
