"""The PDF of an invoice or an order: set from what is stored; an invoice's is kept once it was handed out.

A draft's is made anew each time it is asked for. That of a sent invoice is kept as bytes, once for everything it ever
said: as it was sent, and with each payment that came in by the time somebody fetched it. The same contents are always
answered with the same bytes, also by later versions of this program, so whoever shows us a PDF can be told whether it
came from here.
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
from billing.models import Correspondents, Invoice, IssuedDocument, Order
from billing.queries import printed_invoice, printed_order
from parties.queries import addressee, as_written_to
from skeleton.jobs.queue import job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import Actor
from skeleton.kernel.pdf import render


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as a file."""

    name: str
    pdf: bytes


def paper_of_invoice(*, invoice_id: UUID, language: str, actor: Actor) -> Paper:
    """The invoice as it is now. Raises NotFound where the actor may not see it."""
    invoice = printed_invoice(Invoice.objects.visible_to(actor), invoice_id)
    return Paper(f"{invoice['number']}.pdf", _pdf_of(invoice, language))


def paper_of_order(*, order_id: UUID, language: str, actor: Actor) -> Paper:
    """The order as it is now, made anew each time. Raises NotFound where the actor may not see it."""
    order = printed_order(Order.objects.visible_to(actor), order_id)
    contents = order_contents(
        order, seller=settings.SKELETON_COMPANY, customer=as_written_to(order["customer_id"]), language=language
    )
    return Paper(f"{order['number']}.pdf", render(TEMPLATE, contents, moment=order["updated_at"]))


@job
@titled(_("Issue sent invoice"))
def issue_sent_invoice(*, invoice_id: str, language: str) -> None:
    """Keep the PDF of an invoice as it was sent, whatever has become of it since."""
    invoice = printed_invoice(Invoice.objects.all(), UUID(invoice_id))
    _pdf_of({**invoice, **_UNTOUCHED, "amount_due": invoice["total"]}, language)


_UNTOUCHED: dict[str, Any] = {
    "status": InvoiceStatus.SENT,
    "payments": [],
    "amount_paid": 0,
    "paid_at": None,
    "cancelled_at": None,
}


def keep_correspondents(invoice: Invoice) -> None:
    """Note who an invoice is from and to, as they are at this moment. For the transaction that sends it."""
    Correspondents.objects.create(
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
        _keep(IssuedDocument(invoice_id=invoice["id"], language=language, contents=digest, pdf=pdf))
        found = kept.get()  # what somebody else kept meanwhile is as good, and the one that counts
    return bytes(found)


def _keep(document: IssuedDocument) -> None:
    document.checksum = hashlib.sha256(document.pdf).hexdigest()
    IssuedDocument.objects.bulk_create([document], ignore_conflicts=True)


def _contents(invoice: dict[str, Any], language: str) -> dict[str, Any]:
    """What the document says: of what was sent, to whom and from whom as it was then."""
    kept = Correspondents.objects.filter(invoice=invoice["id"]).values_list("seller", "customer").first()
    seller, customer = kept or (settings.SKELETON_COMPANY, as_written_to(invoice["customer_id"]))
    return invoice_contents(invoice, seller=seller, customer=customer, language=language)
