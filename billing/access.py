"""Who sees what: whoever may read invoices sees all of them."""

from billing.models import Payment
from billing.queries import COUNTED, invoices
from skeleton.core.access import OpenGate

INVOICES = OpenGate(invoices, counted=COUNTED)
PAYMENTS = OpenGate(Payment.objects.all)
