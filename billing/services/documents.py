"""PDFs of invoices and orders, rendered from stored data. Those of sent invoices are stored once issued.

A draft is rendered on each request. For a sent invoice, each version of its contents is rendered once and stored: as
sent, and with the payments at the time of each request. The same contents always yield the same bytes, even in later
versions of this program, so any PDF can be checked for whether it was issued here.
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import Subquery
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus
from billing.documents.contents import TEMPLATE, invoice_contents, order_contents
from billing.models import Invoice, InvoiceParties, IssuedDocument, Order
from billing.queries import printed_invoice, printed_order
from parties.queries import addressee, as_written_to
from skeleton.jobs.queue import job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import Actor
from skeleton.kernel.pdf import render


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A document as a file."""

    name: str
    pdf: bytes


def invoice_pdf(*, invoice_id: UUID, language: str, actor: Actor) -> PdfFile:
    """Return the PDF of the invoice as it is now. Raises NotFound if the actor may not see it."""
    invoice = printed_invoice(Invoice.objects.visible_to(actor), invoice_id)
    return PdfFile(f"{invoice['number']}.pdf", _pdf_of(invoice, language))


def order_pdf(*, order_id: UUID, language: str, actor: Actor) -> PdfFile:
    """Render the PDF of the order as it is now. Raises NotFound if the actor may not see it."""
    order = printed_order(Order.objects.visible_to(actor), order_id)
    contents = order_contents(
        order, seller=settings.SKELETON_COMPANY, customer=as_written_to(order["customer_id"]), language=language
    )
    return PdfFile(f"{order['number']}.pdf", render(TEMPLATE, contents, moment=order["updated_at"]))


@job
@titled(_("Issue sent invoice"))
def issue_sent_invoice(*, invoice_id: str, language: str) -> None:
    """Store the PDF of an invoice as it was sent, regardless of later changes."""
    invoice = printed_invoice(Invoice.objects.all(), UUID(invoice_id))
    _pdf_of({**invoice, **_AS_SENT, "amount_due": invoice["total"]}, language)


_AS_SENT: dict[str, Any] = {
    "status": InvoiceStatus.SENT,
    "payments": [],
    "amount_paid": 0,
    "paid_at": None,
    "cancelled_at": None,
}


def save_invoice_parties(invoice: Invoice) -> None:
    """Store the current seller and customer of an invoice. Call it in the transaction that sends the invoice."""
    InvoiceParties.objects.create(
        invoice=invoice, seller=settings.SKELETON_COMPANY, customer=Subquery(addressee(invoice.customer_id))
    )


def _pdf_of(invoice: dict[str, Any], language: str) -> bytes:
    contents = _contents(invoice, language)
    if invoice["sent_at"] is None:
        return render(TEMPLATE, contents, moment=invoice["updated_at"])
    digest = hashlib.sha256(orjson.dumps(contents, option=orjson.OPT_SORT_KEYS)).hexdigest()
    kept = IssuedDocument.objects.filter(invoice=invoice["id"], contents=digest).values_list("pdf", flat=True)
    found = kept.first()
    if found is None:
        pdf = render(TEMPLATE, contents, moment=invoice["sent_at"])
        _store(IssuedDocument(invoice_id=invoice["id"], language=language, contents=digest, pdf=pdf))
        found = kept.get()  # if another process stored it first, that one is used
    return bytes(found)


def _store(document: IssuedDocument) -> None:
    document.checksum = hashlib.sha256(document.pdf).hexdigest()
    IssuedDocument.objects.bulk_create([document], ignore_conflicts=True)


def _contents(invoice: dict[str, Any], language: str) -> dict[str, Any]:
    """Return the contents of the invoice's PDF. Once sent, with seller and customer as they were then."""
    kept = InvoiceParties.objects.filter(invoice=invoice["id"]).values_list("seller", "customer").first()
    seller, customer = kept or (settings.SKELETON_COMPANY, as_written_to(invoice["customer_id"]))
    return invoice_contents(invoice, seller=seller, customer=customer, language=language)
