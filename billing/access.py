"""Who sees what: whoever may read invoices sees all of them."""

from billing.models import Payment
from billing.queries import invoices
from skeleton.core.access import OpenGate

INVOICES = OpenGate(invoices)
PAYMENTS = OpenGate(Payment.objects.all)
