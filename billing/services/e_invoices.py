"""Electronic invoices of stored documents: checked, written, and kept as they were handed out.

That of a draft is written on each request. That of a sent document is written once for each profile and stored, with
the seller and the customer as they were when it was sent, so it can be verified later.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing.e_invoices.document import Document
from billing.e_invoices.facturx import embed
from billing.e_invoices.mapping import from_credit_note, from_invoice
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules import Finding, check
from billing.e_invoices.stored import stored_credit_note, stored_invoice
from billing.e_invoices.writing import write
from billing.models import CreditNote, EInvoice, Invoice, InvoiceParties
from billing.sellers import current_seller
from billing.services.documents import (
    Embedding,
    PdfFile,
    credit_note_pdf,
    document_language,
    invoice_pdf,
    require_document,
)
from parties.choices import EInvoiceProfile
from parties.queries import as_written_to
from skeleton.jobs.queue import job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import BadRequest, Invalid

_PROFILES: Mapping[str | None, Profile] = {
    EInvoiceProfile.XRECHNUNG: Profile.XRECHNUNG_UBL,
    EInvoiceProfile.PEPPOL: Profile.PEPPOL,
    EInvoiceProfile.FACTURX: Profile.FACTURX,
}
_NOT_ACCEPTED = _("This e-invoice would not be accepted. Correct these fields first.")
_SENT_NOT_ACCEPTED = _(
    "This e-invoice would not be accepted. The document keeps the data with which it was sent: correct these fields, "
    "then cancel the document and issue it anew."
)


@dataclass(frozen=True, slots=True)
class XmlFile:
    """An electronic invoice as a file."""

    name: str
    xml: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A stored document, from which electronic invoices are made. `of` is its column in the table of those kept."""

    of: Mapping[str, UUID]
    is_sent: bool
    document: Document
    customer: Mapping[str, Any]


def invoice_source(rows: QuerySet[Invoice], invoice_id: UUID, *, language: str) -> Source:
    """Return an invoice, written in the customer's language or else in `language`.

    Raises NotFound; Conflict if it is imported.
    """
    invoice = stored_invoice(rows, invoice_id)
    require_document(invoice["origin"])
    kept = InvoiceParties.objects.filter(invoice=invoice_id).values_list("seller", "customer").first()
    sold_by, customer = kept or (current_seller(), as_written_to(invoice["customer_id"]))
    written_in = document_language(None, customer, language)
    document = from_invoice(invoice, seller=sold_by, customer=customer, language=written_in)
    return Source({"invoice_id": invoice_id}, invoice["sent_at"] is not None, document, customer)


def credit_note_source(rows: QuerySet[CreditNote], credit_note_id: UUID, *, language: str) -> Source:
    """Return a credit note, written in the customer's language or else in `language`. Raises NotFound."""
    note = stored_credit_note(rows, credit_note_id)
    customer = note["buyer"] or as_written_to(note["customer_id"])
    written_in = document_language(None, customer, language)
    document = from_credit_note(note, seller=note["seller"] or current_seller(), customer=customer, language=written_in)
    return Source({"credit_note_id": credit_note_id}, note["sent_at"] is not None, document, customer)


def invoice_of(invoice_id: UUID, actor: Actor) -> Source:
    """Return an invoice, written in the customer's language or else the actor's. Raises NotFound, Conflict."""
    return invoice_source(Invoice.objects.visible_to(actor), invoice_id, language=actor.language)


def credit_note_of(credit_note_id: UUID, actor: Actor) -> Source:
    """Return a credit note, written in the customer's language or else the actor's. Raises NotFound."""
    return credit_note_source(CreditNote.objects.visible_to(actor), credit_note_id, language=actor.language)


def findings(source: Source, profile: Profile | None) -> list[Finding]:
    """Return what keeps a document from being accepted. `profile` defaults to the customer's.

    Raises BadRequest if there is none.
    """
    return check(source.document, profile_of(source, profile))


def e_invoice(source: Source, profile: Profile | None) -> XmlFile:
    """Return the XML of a document. Once sent, it always has the same bytes.

    `profile` defaults to the customer's. Raises BadRequest if there is none; Invalid if it would not be accepted.
    """
    return XmlFile(f"{source.document.number}.xml", _xml(source, profile_of(source, profile)))


def facturx_invoice(*, invoice_id: UUID, language: str | None, actor: Actor) -> PdfFile:
    """Return the PDF of an invoice as sent, with its XML inside. Raises NotFound, Conflict, Invalid."""
    embedding = _embedding(invoice_of(invoice_id, actor))
    return invoice_pdf(invoice_id=invoice_id, language=language, actor=actor, embedding=embedding)


def facturx_credit_note(*, credit_note_id: UUID, language: str | None, actor: Actor) -> PdfFile:
    """Return the PDF of a credit note with its XML inside. Raises NotFound, Invalid."""
    embedding = _embedding(credit_note_of(credit_note_id, actor))
    return credit_note_pdf(credit_note_id=credit_note_id, language=language, actor=actor, embedding=embedding)


def issue_e_invoice_of_sent(document: Invoice | CreditNote, customer: Mapping[str, Any], *, actor: Actor) -> None:
    """Store the e-invoice that `customer` gets, if any, in a job. Call it in the transaction that sends the document.

    A credit note that can't be one is sent without it if its invoice can't be one either: what is missing may be fixed
    for good, and the invoice must be correctable. Raises Invalid, field by field, if another document can't be one.
    """
    profile = profile_of_customer(customer)
    if profile is None:
        return
    if isinstance(document, Invoice):
        source = invoice_source(Invoice.objects.all(), document.pk, language=actor.language)
    else:
        source = credit_note_source(CreditNote.objects.all(), document.pk, language=actor.language)
    found = check(source.document, profile)
    if found and isinstance(document, CreditNote) and not _has_e_invoice(document.invoice, profile):
        return
    if found:
        told = _("The customer gets e-invoices, and this one would not be accepted. Correct these fields first.")
        raise Invalid(told, details=_by_field(found))
    of: dict[str, Any] = {name: str(pk) for name, pk in source.of.items()}
    issue_e_invoice.enqueue(**of, language=actor.language)


@job
@titled(_("Issue e-invoice"))
def issue_e_invoice(*, language: str, invoice_id: str | None = None, credit_note_id: str | None = None) -> None:
    """Store the e-invoice that the customer of a sent document gets, if any. `language` is the sender's."""
    if invoice_id:
        source = invoice_source(Invoice.objects.all(), UUID(invoice_id), language=language)
    else:
        source = credit_note_source(CreditNote.objects.all(), UUID(str(credit_note_id)), language=language)
    profile = profile_of_customer(source.customer)
    if profile:
        _xml(source, profile)


def attachment(document: Invoice | CreditNote, *, language: str) -> XmlFile | PdfFile | None:
    """Return the e-invoice that is sent along with a sent document, if the customer gets any and it was sent as one.

    It is the XML or, for Factur-X, the PDF with the XML inside, which takes the place of the plain one. `language` is
    the sender's. Raises Invalid.
    """
    is_invoice = isinstance(document, Invoice)
    source_of = invoice_of if is_invoice else credit_note_of
    source = source_of(document.pk, SYSTEM)
    profile = profile_of_customer(source.customer)
    if profile is None or not source.is_sent or not _was_sent_as(source, profile):
        return None
    if profile != Profile.FACTURX:
        return e_invoice(source, profile)
    if is_invoice:
        return facturx_invoice(invoice_id=document.pk, language=language, actor=SYSTEM)
    return facturx_credit_note(credit_note_id=document.pk, language=language, actor=SYSTEM)


def _has_e_invoice(invoice: Invoice, profile: Profile) -> bool:
    """Return whether an invoice was handed out in a profile, or could be."""
    if invoice.is_imported:
        return False
    source = invoice_source(Invoice.objects.all(), invoice.pk, language=SYSTEM.language)
    return _was_sent_as(source, profile)


def _was_sent_as(source: Source, profile: Profile) -> bool:
    """Return whether a sent document was handed out in a profile, or can be. It stays as it was sent."""
    return _kept(source, profile).exists() or not check(source.document, profile)


def profile_of_customer(customer: Mapping[str, Any]) -> Profile | None:
    """Return the profile of the e-invoices that a customer gets, or None if there are none."""
    return _PROFILES.get(customer.get("e_invoice"))


def profile_of(source: Source, wanted: Profile | None) -> Profile:
    """Return the profile that was asked for, or else the customer's. Raises BadRequest if there is none."""
    profile = wanted or profile_of_customer(source.customer)
    if profile is None:
        told = _("The customer gets no e-invoices. Say which profile you want.")
        raise BadRequest(told, details={"profile": told})
    return profile


def _xml(source: Source, profile: Profile) -> bytes:
    """Return the XML: of a draft as it is now, of a sent document as stored. Raises Invalid."""
    kept = _kept(source, profile).values_list("xml", flat=True)
    found = kept.first() if source.is_sent else None
    if found is not None:
        return bytes(found)
    wrong = check(source.document, profile)
    if wrong:
        told = _SENT_NOT_ACCEPTED if source.is_sent else _NOT_ACCEPTED
        raise Invalid(told, details=_by_field(wrong))
    xml = write(source.document, profile)
    if not source.is_sent:
        return xml
    made = EInvoice(profile=profile, xml=xml, checksum=hashlib.sha256(xml).hexdigest(), **source.of)
    EInvoice.objects.bulk_create([made], ignore_conflicts=True)
    return bytes(kept.get())  # if another process stored it first, that one is used


def _kept(source: Source, profile: Profile) -> QuerySet[EInvoice]:
    """Return the stored e-invoice of a document in a profile, if any."""
    return EInvoice.objects.filter(profile=profile, **source.of)


def _embedding(source: Source) -> Embedding:
    xml = _xml(source, Profile.FACTURX)
    return Embedding(
        hashlib.sha256(xml).hexdigest(),
        lambda pdf, language: embed(pdf, xml, source.document, language=language),
    )


def _by_field(found: list[Finding]) -> dict[str, object]:
    """Return the first message for each field."""
    return {finding.field: finding.message for finding in reversed(found)}
