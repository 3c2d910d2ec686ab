"""The log of e-mail with documents: what was sent to whom, and what became of it."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.choices import EmailKind, EmailStatus
from billing.models.credit_notes import CreditNote
from billing.models.invoices import Invoice
from billing.models.orders import Order
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.identity.choices import Language
from skeleton.kernel.models import Record

_QUEUED, _SENT, _FAILED, _CANCELLED = EmailStatus
_OF_INVOICE = Q(invoice__isnull=False, credit_note=None, order=None)
_OF_CREDIT_NOTE = Q(invoice=None, credit_note__isnull=False, order=None)
_OF_ORDER = Q(invoice=None, credit_note=None, order__isnull=False)


class DocumentEmailQuerySet(RowLevelQuerySet["DocumentEmail"]):
    """E-mail with documents. One may see what was sent of the documents that one may see."""

    def visible_to(self, actor: Any) -> Self:
        """Return the e-mail of invoices and credit notes, of orders, or of both, by the actor's permissions."""
        invoices, orders = actor.can("invoices:read"), actor.can("orders:read")
        if invoices and orders:
            return self
        return self.of_orders() if orders else self.of_invoices()

    @keyed
    def of_orders(self) -> "models.QuerySet[DocumentEmail]":
        return self.filter(order__isnull=False)

    @keyed
    def of_invoices(self) -> "models.QuerySet[DocumentEmail]":
        return self.filter(order__isnull=True)

    @keyed
    def of_invoice(self, pk: Any) -> "models.QuerySet[DocumentEmail]":
        return self.filter(invoice_id=pk)

    @keyed
    def of_credit_note(self, pk: Any) -> "models.QuerySet[DocumentEmail]":
        return self.filter(credit_note_id=pk)

    @keyed
    def of_order(self, pk: Any) -> "models.QuerySet[DocumentEmail]":
        return self.filter(order_id=pk)


class DocumentEmail(Record):
    """An e-mail with a document, as it was written when it was queued; a job sends it.

    `error` is why the last attempt failed: the words of the mail server, if it replied. `attachments` are the name,
    size and SHA-256 of each file that was sent. Reminders of an invoice have a `level`, from 1.
    """

    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="emails",
        db_index=False,
        verbose_name=_("invoice"),
    )
    credit_note = models.ForeignKey(
        CreditNote,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="emails",
        db_index=False,
        verbose_name=_("credit note"),
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="emails", db_index=False, verbose_name=_("order")
    )
    kind = models.CharField(max_length=8, choices=EmailKind.choices, verbose_name=_("kind"))
    level = models.SmallIntegerField(null=True, blank=True, verbose_name=_("reminder level"))
    recipients = ArrayField(models.CharField(max_length=254), verbose_name=_("recipients"))
    cc = ArrayField(models.CharField(max_length=254), default=list, blank=True, verbose_name=_("copies"))
    subject = models.CharField(max_length=200, verbose_name=_("subject"))
    message = models.TextField(verbose_name=_("message"))
    language = models.CharField(max_length=2, choices=Language.choices, verbose_name=_("language"))
    status = models.CharField(
        max_length=9, choices=EmailStatus.choices, default=EmailStatus.QUEUED, verbose_name=_("status")
    )
    attempts = models.IntegerField(default=0, verbose_name=_("attempts"))
    error = models.TextField(default="", blank=True, verbose_name=_("error"))
    attachments = models.JSONField(default=list, blank=True, verbose_name=_("attachments"))
    sent_at = models.DateTimeField(null=True, blank=True, verbose_name=_("sent at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )

    objects = DocumentEmailQuerySet.as_manager()

    class Meta:
        db_table = "billing_email"
        verbose_name = pgettext_lazy("sent document", "e-mail")
        verbose_name_plural = pgettext_lazy("sent documents", "e-mails")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=_OF_INVOICE | _OF_CREDIT_NOTE | _OF_ORDER,
                name="billing_email_of_one",
                violation_error_message=_("An e-mail belongs to exactly one document."),
            ),
            models.CheckConstraint(
                condition=Q(kind=EmailKind.DOCUMENT, level=None)
                | Q(_OF_INVOICE, kind=EmailKind.REMINDER, level__isnull=False, level__gte=1),
                name="billing_email_level_fits",
                violation_error_message=_("A reminder belongs to an invoice and has a level from 1; nothing else has."),
                violation_error_code="level",
            ),
            models.UniqueConstraint(
                fields=["invoice", "level"],
                condition=Q(status__in=[_QUEUED, _SENT]),
                name="billing_email_level_once",
                violation_error_message=_("The customer has been sent this reminder already."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=[_QUEUED, _FAILED, _CANCELLED], sent_at=None)
                | Q(status=_SENT, sent_at__isnull=False),
                name="billing_email_status_fits",
                violation_error_message=_("An e-mail has a time of sending if it was sent, and only then."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(attempts__gte=0),
                name="billing_email_attempts_positive",
                violation_error_message=_("Must not be negative."),
                violation_error_code="attempts",
            ),
            models.CheckConstraint(
                condition=Q(recipients__len__gte=1),
                name="billing_email_has_recipients",
                violation_error_message=_("An e-mail needs a recipient."),
                violation_error_code="to",
            ),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(message=""),
                name="billing_email_has_text",
                violation_error_message=_("Must not be empty."),
                violation_error_code="subject",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("invoice", "id", name="billing_email_invoice", condition=Q(invoice__isnull=False)),
            models.Index("credit_note", "id", name="billing_email_credit_note", condition=Q(credit_note__isnull=False)),
            models.Index("order", "id", name="billing_email_order", condition=Q(order__isnull=False)),
            models.Index("status", "id", name="billing_email_status"),
            models.Index("kind", "id", name="billing_email_kind"),
            models.Index("created_at", "id", name="billing_email_created_at"),
        ]

    def __str__(self) -> str:
        return ", ".join(self.recipients)

    @property
    def resource(self) -> str:
        """Return the resource of the document, which permissions name."""
        return "orders" if self.order_id else "invoices"

    @property
    def document(self) -> Invoice | CreditNote | Order:
        """Return the document that is attached."""
        found = self.invoice or self.credit_note or self.order
        if found is None:
            raise TypeError("an e-mail belongs to a document")
        return found
