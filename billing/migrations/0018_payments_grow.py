"""Settlements, and the columns with which payments exist apart from invoices. The next migration fills them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import skeleton.kernel.ids

from skeleton.db.migration import run_sql

_SETTLED = models.F("amount_paid") + models.F("amount_credited") + models.F("amount_written_off")


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0017_invoice_parties"),
        ("parties", "0007_names_and_messages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        run_sql(__file__),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="billing_invoice_paid_within_total",
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="billing_invoice_status_fits",
        ),
        migrations.RemoveIndex(
            model_name="invoice",
            name="billing_invoice_owed",
        ),
        migrations.AddField(
            model_name="invoice",
            name="amount_credited",
            field=models.BigIntegerField(db_default=0, default=0, editable=False, verbose_name="amount credited"),
        ),
        migrations.AddField(
            model_name="invoice",
            name="amount_written_off",
            field=models.BigIntegerField(db_default=0, default=0, editable=False, verbose_name="amount written off"),
        ),
        migrations.AddField(
            model_name="invoice",
            name="credited_total",
            field=models.BigIntegerField(db_default=0, default=0, editable=False, verbose_name="credited total"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("status", "sent")),
                fields=["currency", "due_date"],
                include=("total", "amount_paid", "amount_credited", "amount_written_off"),
                name="billing_invoice_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_credited__gte", 0),
                    ("amount_paid__gte", 0),
                    ("amount_written_off__gte", 0),
                    ("credited_total__gte", 0),
                    ("credited_total__lte", models.F("total")),
                    ("total__gte", _SETTLED),
                ),
                name="billing_invoice_paid_within_total",
                violation_error_message="No more than the total of an invoice can be paid, credited or written off.",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("paid_at", None), ("sent_at", None)),
                        models.Q(("cancel_reason", None), ("cancelled_at", None)),
                        models.Q(("amount_paid", 0), ("amount_written_off", 0)),
                        ("amount_credited", 0),
                        ("credited_total", 0),
                        ("status", "draft"),
                    ),
                    models.Q(
                        models.Q(("cancel_reason", None), ("cancelled_at", None)),
                        ("paid_at", None),
                        ("sent_at__isnull", False),
                        ("status", "sent"),
                        ("total__gt", _SETTLED),
                    ),
                    models.Q(
                        models.Q(("cancel_reason", None), ("cancelled_at", None)),
                        ("paid_at__isnull", False),
                        ("sent_at__isnull", False),
                        ("status", "paid"),
                        ("total", _SETTLED),
                    ),
                    models.Q(
                        models.Q(("amount_paid", 0), ("amount_written_off", 0)),
                        ("cancelled_at__isnull", False),
                        ("paid_at", None),
                        ("status", "cancelled"),
                    ),
                    _connector="OR",
                ),
                name="billing_invoice_status_fits",
                violation_error_message="The dates and amounts of the invoice do not fit its status.",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="invoice",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.invoice",
                verbose_name="invoice",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="number",
            field=models.CharField(editable=False, max_length=40, null=True, verbose_name="number"),
        ),
        migrations.AddField(
            model_name="payment",
            name="direction",
            field=models.CharField(
                choices=[("in", "In"), ("out", "Out")], default="in", max_length=3, verbose_name="direction"
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="parties.party",
                verbose_name="customer",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="currency",
            field=models.CharField(max_length=3, null=True, verbose_name="currency"),
        ),
        migrations.AddField(
            model_name="payment",
            name="allocated",
            field=models.BigIntegerField(db_default=0, default=0, editable=False, verbose_name="allocated"),
        ),
        migrations.AddField(
            model_name="payment",
            name="refunded",
            field=models.BigIntegerField(db_default=0, default=0, editable=False, verbose_name="refunded"),
        ),
        migrations.AddField(
            model_name="payment",
            name="external_id",
            field=models.CharField(blank=True, max_length=255, null=True, verbose_name="external id"),
        ),
        migrations.AddField(
            model_name="payment",
            name="refund_of_payment",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="billing.payment",
                verbose_name="refund of payment",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="refund_of_credit_note_id",
            field=models.UUIDField(blank=True, null=True, verbose_name="refund of credit note"),
        ),
        migrations.AddField(
            model_name="payment",
            name="reversed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="reversed at"),
        ),
        migrations.AddField(
            model_name="payment",
            name="reversal_day",
            field=models.DateField(blank=True, null=True, verbose_name="reversal day"),
        ),
        migrations.AddField(
            model_name="payment",
            name="reversal_reason",
            field=models.TextField(blank=True, null=True, verbose_name="reversal reason"),
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="billing.invoice",
                        verbose_name="invoice",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("payment", "Payment"), ("credit_note", "Credit note"), ("write_off", "Write-off")],
                        max_length=11,
                        verbose_name="kind",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="billing.payment",
                        verbose_name="payment",
                    ),
                ),
                ("credit_note_id", models.UUIDField(blank=True, null=True, verbose_name="credit note")),
                ("amount", models.BigIntegerField(verbose_name="amount")),
                ("day", models.DateField(verbose_name="day")),
                ("at_once", models.BooleanField(db_default=False, default=False, verbose_name="at once")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="undone at")),
                ("undone_day", models.DateField(blank=True, null=True, verbose_name="undone on")),
                ("reason", models.TextField(blank=True, null=True, verbose_name="reason")),
                ("tax", models.JSONField(blank=True, null=True, verbose_name="tax")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created at"),
                ),
            ],
            options={
                "verbose_name": "settlement",
                "verbose_name_plural": "settlements",
                "db_table": "billing_settlement",
            },
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(models.F("invoice"), models.F("id"), name="billing_settlement_invoice"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(
                models.F("payment"),
                models.F("id"),
                condition=models.Q(("payment__isnull", False)),
                name="billing_settlement_payment",
            ),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(
                models.F("credit_note_id"),
                models.F("id"),
                condition=models.Q(("credit_note_id__isnull", False)),
                name="billing_settlement_credit_note",
            ),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(models.F("day"), models.F("id"), name="billing_settlement_day"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(
                models.F("undone_day"),
                models.F("id"),
                condition=models.Q(("undone_day__isnull", False)),
                name="billing_settlement_undone_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)),
                name="billing_settlement_amount_positive",
                violation_error_code="amount",
                violation_error_message="Must be over 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["payment", "credit_note", "write_off"])),
                name="billing_settlement_kind_known",
                violation_error_code="kind",
                violation_error_message="Is not one of the values to choose from.",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("credit_note_id", None),
                        ("kind", "payment"),
                        ("payment__isnull", False),
                        ("reason", None),
                        ("tax__isnull", True),
                    ),
                    models.Q(
                        ("credit_note_id__isnull", False),
                        ("kind", "credit_note"),
                        ("payment", None),
                        ("reason", None),
                        ("tax__isnull", True),
                    ),
                    models.Q(
                        ("credit_note_id", None),
                        ("kind", "write_off"),
                        ("payment", None),
                        ("reason__isnull", False),
                        ("tax__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="billing_settlement_source_fits",
                violation_error_message="A settlement names exactly one payment, credit note or reason.",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("undone_at", None), ("undone_day", None)),
                    models.Q(("undone_at__isnull", False), ("undone_day__gte", models.F("day")), ("undone_day__isnull", False)),
                    _connector="OR",
                ),
                name="billing_settlement_undone_fits",
                violation_error_message="A settlement cannot be undone before its own day.",
            ),
        ),
    ]
