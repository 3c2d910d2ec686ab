"""What makes an invoice's paper last: who it is from and to as it was sent, and the very bytes that were handed out."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

from billing.models.invoices import Invoice
from skeleton.identity.choices import Language
from skeleton.kernel.ids import uuid7


class Correspondents(models.Model):
    """Seller and customer as they were when the invoice was sent: whoever moves later moves for later invoices.

    Both are objects of texts, `address` among them; countries are kept with their names in all languages.
    """

    invoice = models.OneToOneField(Invoice, models.PROTECT, primary_key=True, related_name="correspondents")
    seller = models.JSONField()
    customer = models.JSONField()

    class Meta:
        db_table = "billing_correspondents"
        verbose_name_plural = "correspondents"

    def __str__(self) -> str:
        return f"{self.seller.get('name')} – {self.invoice_id}"


class IssuedDocument(models.Model):
    """The PDF of a sent invoice, kept as it was handed out, so that it can be proved later. Only ever added.

    `contents` is the SHA-256 of what it says, so the same is never set twice; `checksum` is that of the file, which
    PostgreSQL works out for itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="documents", db_index=False)
    language = models.CharField(max_length=2, choices=Language.choices)
    contents = models.CharField(max_length=64)
    checksum = models.CharField("SHA-256", max_length=64)
    pdf = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "billing_issued_document"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["invoice", "contents"], name="billing_issued_document_contents_unique"),
            models.CheckConstraint(
                condition=Q(contents__regex="^[0-9a-f]{64}$"), name="billing_issued_document_digest"
            ),
            models.CheckConstraint(
                condition=Q(
                    checksum=Func(
                        Func(F("pdf"), function="sha256", output_field=models.BinaryField()),
                        Value("hex"),
                        function="encode",
                        output_field=models.TextField(),
                    )
                ),
                name="billing_issued_document_checksum_fits",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("checksum", name="billing_issued_document_sum"),
        ]

    def __str__(self) -> str:
        return self.checksum
