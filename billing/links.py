"""Links of the back office to the screens of billing, on the pages of apps on lower floors."""

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounting.choices import Purpose, SourceType
from accounting.descriptions import DocumentWords, register_words
from accounting.sources import register_source
from billing.models import CreditNote, Invoice, Payment, Settlement
from skeleton.office.links import RecordLink, register_links

_READ = ("invoices:read",)

WORDS = {
    SourceType.INVOICE: DocumentWords(
        undo=_("Cancel the invoice, or issue a credit note for it."),
        by_purpose={Purpose.SEND: _("Invoice {number}")},
    ),
    SourceType.PAYMENT: DocumentWords(
        undo=_("Reverse the payment or the refund on its page."),
        by_purpose={
            Purpose.RECEIVE: pgettext_lazy("transaction", "Payment {number}"),
            Purpose.REFUND: pgettext_lazy("transaction", "Refund {number}"),
            Purpose.REVERSE: _("Reversal of payment {number}"),
        },
    ),
    SourceType.CREDIT_NOTE: DocumentWords(
        undo=_("A credit note cannot be undone. Issue a new invoice instead."),
        by_purpose={Purpose.SEND: _("Credit note {number}")},
    ),
    SourceType.ALLOCATION: DocumentWords(
        undo=_("Take the amount back on the page of the payment or credit note."),
        by_purpose={
            Purpose.ALLOCATE: _("Allocation to invoice {number}"),
            Purpose.UNDO: _("Allocation to invoice {number} taken back"),
        },
    ),
    SourceType.WRITE_OFF: DocumentWords(
        undo=_("Undo the write-off on the page of the invoice."),
        by_purpose={
            Purpose.WRITE_OFF: _("Write-off of invoice {number}"),
            Purpose.UNDO: _("Write-off of invoice {number} undone"),
        },
    ),
}
"""How the entries of documents are described, and how what they posted is undone."""


def register_all() -> None:
    """Register the links. Called once the apps are loaded."""
    register_links(
        "parties.customer",
        RecordLink(_("Statement of account"), "receipt", lambda pk: _url("customer-statement", customer=pk), _READ),
        RecordLink(_("Invoices"), "receipt_long", lambda pk: _list("invoice", pk), _READ),
        RecordLink(_("Payments"), "payments", lambda pk: _list("payment", pk), _READ),
        RecordLink(_("Credit notes"), "assignment_return", lambda pk: _list("creditnote", pk), _READ),
        RecordLink(
            _("Record payment"), "add_card", lambda pk: _url("billing_payment_add", customer=pk), ("invoices:write",)
        ),
    )
    register_source(SourceType.INVOICE, lambda pk: _links(Invoice.objects.filter(pk=pk)))
    register_source(SourceType.PAYMENT, lambda pk: _links(Payment.objects.filter(pk=pk)))
    register_source(SourceType.CREDIT_NOTE, lambda pk: _links(CreditNote.objects.filter(pk=pk)))
    for settled in (SourceType.ALLOCATION, SourceType.WRITE_OFF):
        register_source(settled, _settlement_links)
    for source_type, words in WORDS.items():
        register_words(source_type, words)


def _url(route: str, **query: str) -> str:
    return f"{reverse(f'admin:{route}')}?{urlencode(query)}"


def _list(model: str, customer_id: str) -> str:
    return _url(f"billing_{model}_changelist", customer__id__exact=customer_id)


def _links(documents: Iterable[Invoice | Payment | CreditNote]) -> Iterable[tuple[str, str]]:
    for document in documents:
        yield str(document), reverse(f"admin:billing_{document._meta.model_name}_change", args=[document.pk])


def _settlement_links(settlement_id: UUID) -> Iterable[tuple[str, str]]:
    """Return the invoice that is settled, and the payment or credit note that settles it."""
    found = Settlement.objects.select_related("invoice", "payment", "credit_note").filter(pk=settlement_id)
    for settlement in found:
        documents = (settlement.invoice, settlement.payment, settlement.credit_note)
        yield from _links(document for document in documents if document)
