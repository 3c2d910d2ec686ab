"""PDFs of invoices, credit notes and orders, rendered from stored data. Those of sent documents are stored once issued.

A draft is rendered on each request. For a sent invoice, each version of its contents is rendered once and stored: as
sent, and with the payments at the time of each request. The same contents always yield the same bytes, even in later
versions of this program, so any PDF can be checked for whether it was issued here.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceOrigin, InvoiceStatus
from billing.documents.contents import TEMPLATE, credit_note_contents, invoice_contents, order_contents
from billing.documents.payment_code import draw
from billing.documents.statement import STATEMENT_TEMPLATE, statement_contents
from billing.models import CreditNote, Invoice, InvoiceParties, IssuedDocument, Order
from billing.queries import printed_credit_note, printed_invoice, printed_order
from billing.sellers import current_seller, seller_to_keep
from parties.queries import as_written_to
from skeleton.company.queries import logo_content
from skeleton.jobs.queue import job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict
from skeleton.kernel.pdf import render


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A document as a file."""

    name: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Embedding:
    """What is put into a PDF: the SHA-256 of a file, and how to embed it in a language."""

    checksum: str
    embed: Callable[[bytes, str], bytes]


def invoice_pdf(*, invoice_id: UUID, language: str | None, actor: Actor, embedding: Embedding | None = None) -> PdfFile:
    """Return the PDF of the invoice as it is now or, with an `embedding`, as it was sent.

    Raises NotFound if the actor may not see it, Conflict if it is imported.
    """
    invoice = printed_invoice(Invoice.objects.visible_to(actor), invoice_id)
    require_document(invoice["origin"])
    shown = _as_sent(invoice) if embedding and invoice["sent_at"] else invoice
    return PdfFile(f"{invoice['number']}.pdf", _pdf_of(shown, language, actor.language, embedding))


def require_document(origin: str) -> None:
    """Raise Conflict if an invoice of this origin has no document here."""
    if origin == InvoiceOrigin.IMPORTED:
        told = _("This invoice was issued by an earlier system. There is no document of it here.")
        raise Conflict(told, details={"allowed": []})


def order_pdf(*, order_id: UUID, language: str | None, actor: Actor) -> PdfFile:
    """Render the PDF of the order as it is now. Raises NotFound if the actor may not see it."""
    order = printed_order(Order.objects.visible_to(actor), order_id)
    customer = as_written_to(order["customer_id"])
    written_in = document_language(language, customer, actor.language)
    contents = order_contents(order, seller=current_seller(), customer=customer, language=written_in)
    return PdfFile(f"{order['number']}.pdf", _rendered(TEMPLATE, contents, order["updated_at"]))


def statement_pdf(found: dict[str, Any], *, language: str) -> PdfFile:
    """Render the PDF of a statement of account from `statements.customer_statement`."""
    customer = as_written_to(found["customer_id"])
    contents = statement_contents(found, seller=current_seller(), customer=customer, language=language)
    pdf = _rendered(STATEMENT_TEMPLATE, contents, timezone.now())
    return PdfFile(f"statement-{found['to_date']}.pdf", pdf)


@job
@titled(_("Issue sent invoice"))
def issue_sent_invoice(*, invoice_id: str, language: str) -> None:
    """Store the PDF of an invoice as it was sent, regardless of later changes. `language` is the sender's."""
    invoice = printed_invoice(Invoice.objects.all(), UUID(invoice_id))
    _pdf_of(_as_sent(invoice), None, language)


_AS_SENT: dict[str, Any] = {
    "status": InvoiceStatus.SENT,
    "payments": [],
    "amount_paid": 0,
    "amount_credited": 0,
    "amount_written_off": 0,
    "paid_at": None,
    "cancelled_at": None,
}


def _as_sent(invoice: dict[str, Any]) -> dict[str, Any]:
    return {**invoice, **_AS_SENT, "amount_due": invoice["total"]}


def save_invoice_parties(invoice: Invoice, customer: dict[str, Any]) -> dict[str, Any]:
    """Store the current seller and `customer` of an invoice, and return the seller.

    Call it in the transaction that sends the invoice. Raises CompanyIncomplete if the law requires more of the seller.
    """
    parties = InvoiceParties.objects.create(invoice=invoice, seller=seller_to_keep(), customer=customer)
    seller: dict[str, Any] = parties.seller
    return seller


def credit_note_pdf(
    *, credit_note_id: UUID, language: str | None, actor: Actor, embedding: Embedding | None = None
) -> PdfFile:
    """Return the PDF of the credit note. Raises NotFound if the actor may not see it."""
    note = printed_credit_note(CreditNote.objects.visible_to(actor), credit_note_id)
    pdf = _pdf_of_credit_note(note, language, actor.language, embedding)
    return PdfFile(f"{note['number'] or note['invoice_number']}.pdf", pdf)


@job
@titled(_("Issue sent credit note"))
def issue_sent_credit_note(*, credit_note_id: str, language: str) -> None:
    """Store the PDF of a credit note. `language` is the sender's."""
    _pdf_of_credit_note(printed_credit_note(CreditNote.objects.all(), UUID(credit_note_id)), None, language)


def _pdf_of(
    invoice: dict[str, Any], language: str | None, own_language: str, embedding: Embedding | None = None
) -> bytes:
    """Return the PDF in `language`, or else the customer's, or else `own_language`. Once sent, as it was then."""
    kept = InvoiceParties.objects.filter(invoice=invoice["id"]).values_list("seller", "customer").first()
    seller, customer = kept or (current_seller(), as_written_to(invoice["customer_id"]))
    written_in = document_language(language, customer, own_language)
    contents = invoice_contents(invoice, seller=seller, customer=customer, language=written_in)
    return _pdf({"invoice_id": invoice["id"]}, invoice, contents, written_in, embedding)


def _pdf_of_credit_note(
    note: dict[str, Any], language: str | None, own_language: str, embedding: Embedding | None = None
) -> bytes:
    seller = note["seller"] or current_seller()
    buyer = note["buyer"] or as_written_to(note["customer_id"])
    written_in = document_language(language, buyer, own_language)
    contents = credit_note_contents(note, seller=seller, customer=buyer, language=written_in)
    return _pdf({"credit_note_id": note["id"]}, note, contents, written_in, embedding)


def document_language(wanted: str | None, customer: dict[str, Any], own: str) -> str:
    """Return the language of a document: the one wanted, or else the customer's, or else the user's own."""
    return wanted or customer.get("language") or own


def _pdf(
    of: dict[str, UUID],
    document: dict[str, Any],
    contents: dict[str, Any],
    language: str,
    embedding: Embedding | None = None,
) -> bytes:
    """Return the PDF of a document: of a draft as it is now, of a sent one as stored with the same contents."""
    if document["sent_at"] is None:
        pdf = _rendered(TEMPLATE, contents, document["updated_at"])
        return embedding.embed(pdf, language) if embedding else pdf
    hashed = {**contents, "embedded": embedding.checksum} if embedding else contents
    digest = hashlib.sha256(orjson.dumps(hashed, option=orjson.OPT_SORT_KEYS)).hexdigest()
    kept = IssuedDocument.objects.filter(contents=digest, **of).values_list("pdf", flat=True)
    found = kept.first()
    if found is None:
        pdf = _rendered(TEMPLATE, contents, document["sent_at"])
        pdf = embedding.embed(pdf, language) if embedding else pdf
        _store(IssuedDocument(language=language, contents=digest, pdf=pdf, **of))
        found = kept.get()  # if another process stored it first, that one is used
    return bytes(found)


def _rendered(template: Path, contents: dict[str, Any], moment: dt.datetime) -> bytes:
    """Render the contents of a document, with the logo that they name and the payment code drawn."""
    code = contents.get("code")
    drawn = {**contents, "code_svg": draw(code)} if code else contents
    return render(template, drawn, moment=moment, picture=logo_content(contents["seller"].get("logo")))


def _store(document: IssuedDocument) -> None:
    document.checksum = hashlib.sha256(document.pdf).hexdigest()
    IssuedDocument.objects.bulk_create([document], ignore_conflicts=True)
