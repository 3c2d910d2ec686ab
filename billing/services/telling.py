"""Telling those concerned what happened to an invoice: who made it, or else whoever writes invoices."""

from uuid import UUID

from billing.models import Invoice
from skeleton.notifications.choices import VALUES, Event
from skeleton.notifications.queries import concerned
from skeleton.notifications.services import notify


def tell_of_invoice(event: Event, *, invoice_id: UUID, once: str | None = None) -> None:
    """Tell what the invoice, as it is now, went through. To be called inside a verb, after it was changed."""
    invoice = Invoice.objects.get(pk=invoice_id)
    values = {
        "number": invoice.number,
        "customer": invoice.customer_name,
        "total": (invoice.total, invoice.currency),
        "due": (invoice.total - invoice.amount_paid, invoice.currency),
        "due_date": invoice.due_date,
    }
    notify(
        event=event,
        recipients=concerned(invoice.created_by_id, "invoices:write"),
        values={name: values[name] for name in VALUES[event]},
        link=f"/api/v1/invoices/{invoice_id}",
        once=once,
    )
