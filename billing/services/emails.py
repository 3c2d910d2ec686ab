"""E-mail with documents: queued in a transaction of its own or of the sending, and sent by a job.

Lock order: the document, then the e-mail. The job locks the e-mail first, and takes no lock that anyone holds who waits
for an e-mail.
"""

import datetime as dt
import hashlib
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import CreditNoteStatus, EmailKind, EmailStatus, InvoiceStatus, OrderStatus, allowed_actions
from billing.letters import LetterText, document_letter
from billing.models import CreditNote, DocumentEmail, Invoice, IssuedDocument, Order
from billing.services.documents import PdfFile, credit_note_pdf, invoice_pdf, order_pdf, require_document
from billing.services.e_invoices import attachment
from billing.services.notifications import notify_email_failed
from billing.state_machine import allowed_transitions
from skeleton.company.queries import seller
from skeleton.db.locks import locked_for_update, locked_or_none
from skeleton.db.records import save_changes
from skeleton.jobs.queue import job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Conflict, Invalid, TooManyRequests
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.mail import Attachment, Letter, is_sendable, require_mail_server, send_letter
from skeleton.notifications.services.attempts import attempt
from skeleton.rest.http import PDF, XML

Document = Invoice | CreditNote | Order

FIELDS: dict[type[Any], str] = {Invoice: "invoice", CreditNote: "credit_note", Order: "order"}
"""The foreign key of an e-mail to each kind of document."""


class EmailValues(TypedDict, total=False):
    """The input of an e-mail. What is left out is the customer's address and a standard text."""

    to: list[str]
    cc: list[str]
    subject: str
    message: str


def email_invoice(*, invoice_id: UUID, values: EmailValues, actor: Actor) -> UUID:
    """Queue an e-mail with a sent invoice, and return its id.

    Raises NotFound; Conflict (it was not sent, it is imported, there is no mail server); Invalid (an address);
    TooManyRequests.
    """
    with audited_transaction(actor, "email"):
        invoice = locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)
        if invoice.sent_at is None:
            cancelled = invoice.status == InvoiceStatus.CANCELLED
            raise Conflict(
                _("This invoice was cancelled before it was sent, so there is nothing to e-mail.")
                if cancelled
                else _("This invoice is still a draft. Send it first; it can be e-mailed at the same time."),
                details={"allowed": allowed_actions(invoice.status)},
            )
        require_document(invoice.origin)
        return queue_document(invoice, values, actor=actor)


def email_credit_note(*, credit_note_id: UUID, values: EmailValues, actor: Actor) -> UUID:
    """Queue an e-mail with a sent credit note, and return its id. Raises as `email_invoice` does."""
    with audited_transaction(actor, "email"):
        note = locked_for_update(CreditNote.objects.select_related("invoice"), credit_note_id, no_key=True)
        if note.status == CreditNoteStatus.DRAFT:
            raise Conflict(
                _("This credit note is still a draft. Send it first; it can be e-mailed at the same time."),
                details={"allowed": ["send"]},
            )
        return queue_document(note, values, actor=actor)


def email_order(*, order_id: UUID, values: EmailValues, actor: Actor) -> UUID:
    """Queue an e-mail with an order that is no longer a draft, and return its id. Raises as `email_invoice` does."""
    with audited_transaction(actor, "email"):
        order = locked_for_update(Order.objects.all(), order_id, no_key=True)
        if order.status == OrderStatus.DRAFT:
            raise Conflict(
                _("This order is still a draft. Submit or confirm it first."),
                details={"allowed": allowed_transitions(order.status, invoiced=False)},
            )
        return queue_document(order, values, actor=actor)


def queue_document(document: Document, values: EmailValues, *, actor: Actor) -> UUID:
    """Queue an e-mail with the locked `document`. Raises Conflict, Invalid, TooManyRequests."""
    return queue_letter(document, values, standard_letter(document, actor), actor=actor)


def standard_letter(document: Document, actor: Actor) -> LetterText:
    """Return the text that is sent with the document if the actor writes nothing else."""
    return document_letter(document, seller=sender(), language=language_of(document, actor))


def queue_letter(
    document: Document, values: EmailValues, text: LetterText, *, actor: Actor, level: int | None = None
) -> UUID:
    """Queue `text`, or what `values` have instead, with the locked `document`; with a `level`, as a reminder."""
    require_mail_server()
    field = FIELDS[type(document)]
    _require_below_limit(field, document)
    email = DocumentEmail(
        **{field: document},
        kind=EmailKind.DOCUMENT if level is None else EmailKind.REMINDER,
        level=level,
        recipients=_sendable(values.get("to") or [document.customer.email], "to"),
        cc=_sendable(values.get("cc") or [], "cc"),
        subject=values.get("subject") or text.subject[:200],
        message=values.get("message") or text.message,
        language=text.language,
        created_by_id=actor.id,
    )
    email.save(force_insert=True)
    send_email.enqueue(email_id=str(email.pk))
    return email.pk


def retry_email(*, email_id: UUID, actor: Actor) -> None:
    """Send a failed e-mail again, with all attempts. Raises NotFound, Conflict."""
    with audited_transaction(actor, "send_again"):
        require_mail_server()
        email = locked_for_update(DocumentEmail.objects.visible_to(actor), email_id)
        if email.status != EmailStatus.FAILED:
            raise Conflict(_("Only failed e-mail can be sent again."))
        save_changes(email, {"status": EmailStatus.QUEUED, "attempts": 0})
        send_email.enqueue(email_id=str(email_id))


def language_of(document: Document, actor: Actor) -> str:
    """Return the language to write in: that in which the document was issued, or else the customer's or actor's."""
    issued = None
    if not isinstance(document, Order):
        files = IssuedDocument.objects.filter(**{FIELDS[type(document)]: document.pk}).order_by("pk")
        issued = files.values_list("language", flat=True).first()
    return issued or document.customer.language or actor.language


def sender() -> str:
    """Return the name of the company, which signs its e-mail."""
    return str(seller()["name"])


def _sendable(addresses: list[str], field: str) -> list[str]:
    """Return the addresses, each of them once. Raises Invalid if Django cannot send to one."""
    for address in addresses:
        if not is_sendable(address):
            told = _("Mail cannot be sent to {address}: use an address with only ASCII characters before the @.")
            raise Invalid(details={field: format_text(told, address=address)})
    return list(dict.fromkeys(addresses))


def _require_below_limit(field: str, document: Document) -> None:
    """Raise TooManyRequests if as much e-mail of the locked document as is allowed was queued within the last hour."""
    allowed, seconds = settings.SKELETON_LIMITS["document_email"]
    if not settings.SKELETON_THROTTLE:
        return
    newest = DocumentEmail.objects.filter(**{field: document.pk}).order_by("-pk")
    counted = newest.values_list("created_at", flat=True)[allowed - 1 : allowed].first()
    if counted is None:
        return
    wait = (counted + dt.timedelta(seconds=seconds) - timezone.now()).total_seconds()
    if wait > 0:
        told = _("A document can be e-mailed {number} times an hour. Try again later.")
        raise TooManyRequests(format_text(told, number=allowed), retry_after=int(wait) + 1)


# --- the job ----------------------------------------------------------------------------------------------------------


@job
@titled(_("Send a document by e-mail"))
def send_email(email_id: str) -> None:
    """Send an e-mail if it is still queued. A reminder of what has been settled since is not sent."""
    queued = DocumentEmail.objects.filter(status=EmailStatus.QUEUED)
    email = locked_or_none(queued.select_related("invoice", "credit_note", "order"), email_id)
    if email is None:
        return
    if email.kind == EmailKind.REMINDER and not _is_due(email.invoice_id):
        save_changes(email, {"status": EmailStatus.CANCELLED})
        return
    files: list[Attachment] = []

    def send() -> None:
        require_mail_server()
        files[:] = _attachments(email)
        send_letter(_letter(email, files))

    attempt(
        email,
        send,
        again=lambda moment: send_email.enqueue(email_id=email_id, at=moment),
        with_sent=lambda: {"attachments": [_description(file) for file in files]},
    )
    if email.status == EmailStatus.FAILED:
        notify_email_failed(email)


def _is_due(invoice_id: UUID | None) -> bool:
    """Return whether the invoice is still due. Until the end of the transaction, nobody can settle it."""
    return locked_or_none(Invoice.objects.filter(status=InvoiceStatus.SENT), invoice_id, no_key=True) is not None


def _letter(email: DocumentEmail, files: list[Attachment]) -> Letter:
    reply_to = seller()["email"]
    return Letter(
        email.pk,
        email.subject,
        email.message,
        to=email.recipients,
        cc=email.cc,
        reply_to=[reply_to] if reply_to else [],
        attachments=files,
        automatic=email.created_by_id is None,
    )


def _attachments(email: DocumentEmail) -> list[Attachment]:
    """Return the document as it is now and, beside it or inside, the e-invoice that the customer gets.

    A reminder of an imported invoice goes out without attachments: its document is in the earlier system.
    """
    document = email.invoice or email.credit_note
    is_first = document is not None and email.kind != EmailKind.REMINDER
    if not is_first and email.invoice and email.invoice.is_imported:
        return []
    electronic = attachment(document, language=email.language) if document and is_first else None
    if isinstance(electronic, PdfFile):
        return [Attachment(electronic.name, electronic.pdf, PDF)]
    pdf = _pdf(email)
    xml = [Attachment(electronic.name, electronic.xml, XML)] if electronic else []
    return [Attachment(pdf.name, pdf.pdf, PDF), *xml]


def _pdf(email: DocumentEmail) -> PdfFile:
    if email.invoice_id:
        return invoice_pdf(invoice_id=email.invoice_id, language=email.language, actor=SYSTEM)
    if email.credit_note_id:
        return credit_note_pdf(credit_note_id=email.credit_note_id, language=email.language, actor=SYSTEM)
    return order_pdf(order_id=email.document.pk, language=email.language, actor=SYSTEM)


def _description(file: Attachment) -> dict[str, Any]:
    checksum = hashlib.sha256(file.content).hexdigest()
    return {"name": file.name, "size": len(file.content), "sha256": checksum}
