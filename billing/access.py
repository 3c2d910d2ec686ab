"""Who sees what: whoever may read invoices sees all of them."""

from billing.models import Payment
from billing.queries import invoices
from skeleton.core.access import OpenGate
from skeleton.core.counting import Counted

INVOICES = OpenGate(invoices, counted=Counted("billing_invoice"))
PAYMENTS = OpenGate(Payment.objects.all)
