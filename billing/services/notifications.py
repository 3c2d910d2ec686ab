"""Notifications about invoices, credit notes and e-mail that could not be sent.

They go to the user who created the document or wrote the e-mail, or else to all who can write such documents.
"""

from billing.models import CreditNote, DocumentEmail, Invoice
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.notifications.choices import EVENT_VALUES, Event
from skeleton.notifications.queries import recipients_for
from skeleton.notifications.services import notify


def notify_invoice_event(event: Event, invoice: Invoice, *, actor: Actor, deduplication_key: str | None = None) -> None:
    """Notify about an event of the invoice. Call this in the audited transaction, after the change."""
    values = {
        "number": invoice.number,
        "customer": invoice.customer_name,
        "total": (invoice.total, invoice.currency),
        "due": (invoice.amount_due, invoice.currency),
        "due_date": invoice.due_date,
    }
    notify(
        event=event,
        recipients=recipients_for(invoice.created_by_id, "invoices:write", actor=actor),
        values={name: values[name] for name in EVENT_VALUES[event]},
        link=f"/api/v1/invoices/{invoice.pk}",
        deduplication_key=deduplication_key,
    )


def notify_credit_note_sent(note: CreditNote, invoice: Invoice, *, actor: Actor) -> None:
    """Notify that the credit note was sent. Call this in the audited transaction, after the change."""
    notify(
        event=Event.CREDIT_NOTE_SENT,
        recipients=recipients_for(invoice.created_by_id, "invoices:write", actor=actor),
        values={
            "number": str(note.number),
            "customer": note.customer_name,
            "total": (note.total, note.currency),
            "invoice": invoice.number,
        },
        link=f"/api/v1/credit-notes/{note.pk}",
    )


def notify_email_failed(email: DocumentEmail) -> None:
    """Notify that an e-mail with a document was given up. Call this in the transaction that stores it."""
    document = email.document
    path = "invoices" if email.invoice_id else "credit-notes" if email.credit_note_id else "orders"
    notify(
        event=Event.EMAIL_FAILED,
        recipients=recipients_for(email.created_by_id, f"{email.resource}:write", actor=SYSTEM),
        values={"number": str(document.number), "to": ", ".join(email.recipients), "error": email.error},
        link=f"/api/v1/{path}/{document.pk}",
    )
