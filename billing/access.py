"""Who sees what: whoever may read orders or invoices sees all of them."""

from billing.models import Payment
from billing.queries import COUNTED, COUNTED_ORDERS, invoices, orders
from skeleton.db.access import OpenGate

INVOICES = OpenGate(invoices, counted=COUNTED)
ORDERS = OpenGate(orders, counted=COUNTED_ORDERS)
PAYMENTS = OpenGate(Payment.objects.all)
