"""Links of the back office to the screens of billing, on the pages of apps on lower floors."""

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounting.choices import SourceType
from accounting.sources import register_source
from billing.models import CreditNote, Invoice, Payment, Settlement
from skeleton.office.links import RecordLink, register_links

_READ = ("invoices:read",)


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
