"""Permanent records of sent documents: an invoice's seller and customer then, the issued PDFs and e-invoices."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.e_invoices.profiles import Profile
from billing.models.credit_notes import CreditNote
from billing.models.invoices import Invoice
from skeleton.identity.choices import Language
from skeleton.kernel.ids import uuid7


def _sha256(column: str) -> Func:
    """Return the hexadecimal SHA-256 of the bytes in `column`."""
    digest = Func(F(column), function="sha256", output_field=models.BinaryField())
    return Func(digest, Value("hex"), function="encode", output_field=models.TextField())


class InvoiceParties(models.Model):
    """Seller and customer as they were when the invoice was sent. Later changes only affect later invoices.

    Both are objects of strings, including `address`. Countries are stored with their names in all languages.
    """

    invoice = models.OneToOneField(
        Invoice, models.PROTECT, primary_key=True, related_name="correspondents", verbose_name=_("invoice")
    )
    seller = models.JSONField(verbose_name=_("seller"))
    customer = models.JSONField(verbose_name=_("customer"))

    class Meta:
        db_table = "billing_correspondents"
        verbose_name = _("correspondents")
        verbose_name_plural = _("correspondents")

    def __str__(self) -> str:
        return f"{self.seller.get('name')} – {self.invoice_id}"


class IssuedDocument(models.Model):
    """The PDF of a sent invoice or credit note, stored as issued so that it can be verified later. Append-only.

    `contents` is the SHA-256 of its contents, so the same contents are never rendered twice. `checksum` is the SHA-256
    of the file; PostgreSQL verifies it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        db_index=False,
        verbose_name=_("invoice"),
    )
    credit_note = models.ForeignKey(
        CreditNote,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        db_index=False,
        verbose_name=_("credit note"),
    )
    language = models.CharField(max_length=2, choices=Language.choices, verbose_name=_("language"))
    contents = models.CharField(max_length=64, verbose_name=_("contents"))
    checksum = models.CharField(_("SHA-256"), max_length=64)
    pdf = models.BinaryField(verbose_name=_("pdf"))
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))

    class Meta:
        db_table = "billing_issued_document"
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["invoice", "contents"],
                name="billing_issued_document_contents_unique",
                violation_error_message=_("This document is already on file."),
            ),
            models.UniqueConstraint(
                fields=["credit_note", "contents"],
                name="billing_issued_document_of_credit_note_unique",
                violation_error_message=_("This document is already on file."),
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, credit_note=None) | Q(invoice=None, credit_note__isnull=False),
                name="billing_issued_document_of_one",
                violation_error_message=_("A stored PDF belongs to exactly one document."),
            ),
            models.CheckConstraint(
                condition=Q(contents__regex="^[0-9a-f]{64}$"),
                name="billing_issued_document_digest",
                violation_error_message=_("The fingerprint of the contents must be a SHA-256."),
            ),
            models.CheckConstraint(
                condition=Q(checksum=_sha256("pdf")),
                name="billing_issued_document_checksum_fits",
                violation_error_message=_("The checksum does not match the document."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("checksum", name="billing_issued_document_sum"),
        ]

    def __str__(self) -> str:
        return self.checksum


class EInvoice(models.Model):
    """The XML of a sent invoice or credit note in one profile, stored as it was handed out. Append-only.

    `checksum` is the SHA-256 of the file; PostgreSQL verifies it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="e_invoices",
        db_index=False,
        verbose_name=_("invoice"),
    )
    credit_note = models.ForeignKey(
        CreditNote,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="e_invoices",
        db_index=False,
        verbose_name=_("credit note"),
    )
    profile = models.CharField(max_length=13, choices=Profile.choices, verbose_name=_("profile"))
    checksum = models.CharField(_("SHA-256"), max_length=64)
    xml = models.BinaryField(verbose_name=_("XML"))
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))

    class Meta:
        db_table = "billing_e_invoice"
        verbose_name = _("e-invoice")
        verbose_name_plural = _("e-invoices")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["invoice", "profile"],
                name="billing_e_invoice_of_invoice_unique",
                violation_error_message=_("This e-invoice is already on file."),
            ),
            models.UniqueConstraint(
                fields=["credit_note", "profile"],
                name="billing_e_invoice_of_credit_note_unique",
                violation_error_message=_("This e-invoice is already on file."),
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, credit_note=None) | Q(invoice=None, credit_note__isnull=False),
                name="billing_e_invoice_of_one",
                violation_error_message=_("An e-invoice belongs to exactly one document."),
            ),
            models.CheckConstraint(
                condition=Q(profile__in=Profile.values),
                name="billing_e_invoice_profile_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="profile",
            ),
            models.CheckConstraint(
                condition=Q(checksum=_sha256("xml")),
                name="billing_e_invoice_checksum_fits",
                violation_error_message=_("The checksum does not match the document."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("checksum", name="billing_e_invoice_sum"),
        ]

    def __str__(self) -> str:
        return self.checksum
