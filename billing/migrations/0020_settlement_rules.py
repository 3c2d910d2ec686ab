"""The rules of payments and settlements, in PostgreSQL."""

import django.db.models.deletion
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0019_payments_settle"),
        ("accounting", "0009_more_sources"),
        ("audit", "0002_shared_helpers"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="payment",
            name="billing_payment_invoice",
        ),
        migrations.RemoveField(
            model_name="payment",
            name="invoice",
        ),
        migrations.AlterField(
            model_name="payment",
            name="number",
            field=models.CharField(editable=False, max_length=40, verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="payment",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="parties.party",
                verbose_name="customer",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="currency",
            field=models.CharField(max_length=3, verbose_name="currency"),
        ),
        migrations.AddField(
            model_name="payment",
            name="invoices",
            field=models.ManyToManyField(
                related_name="payments", through="billing.Settlement", to="billing.invoice", verbose_name="invoices"
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="number_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("number"),
                    template="(split_part(%(expressions)s, '-', 2) || lpad(split_part(%(expressions)s, '-', 3), 12, '0'))",
                ),
                output_field=models.TextField(),
                verbose_name="number key",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(models.F("customer"), models.F("id"), name="billing_payment_customer"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(models.F("number_key"), models.F("id"), name="billing_payment_number"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(models.F("amount"), models.F("id"), name="billing_payment_amount"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(models.F("created_at"), models.F("id"), name="billing_payment_created_at"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.F("reference"),
                models.F("id"),
                condition=models.Q(("reference__isnull", False)),
                name="billing_payment_reference",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.F("reversal_day"),
                models.F("id"),
                condition=models.Q(("reversal_day__isnull", False)),
                name="billing_payment_reversed",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.F("customer"),
                models.F("currency"),
                models.F("id"),
                condition=models.Q(
                    ("amount__gt", models.F("allocated") + models.F("refunded")),
                    ("direction", "in"),
                    ("reversed_at", None),
                ),
                name="billing_payment_unallocated",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.F("refund_of_payment"),
                models.F("id"),
                condition=models.Q(("refund_of_payment__isnull", False)),
                name="billing_payment_refund_of",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="billing_payment_currency_form",
                violation_error_code="currency",
                violation_error_message="Must be a currency code of three capital letters.",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("number",),
                name="billing_payment_number_unique",
                violation_error_message="Another payment already has this number.",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id__isnull", False)),
                fields=("external_id",),
                name="billing_payment_external_id_unique",
                violation_error_code="external_id",
                violation_error_message="A payment with this external id has already been recorded.",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("allocated__gte", 0),
                    ("amount__gte", models.F("allocated") + models.F("refunded")),
                    ("refunded__gte", 0),
                ),
                name="billing_payment_within_amount",
                violation_error_code="amount",
                violation_error_message="No more than the amount of a payment can be allocated and refunded.",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("refund_of_credit_note_id", None), ("refund_of_payment", None)), ("direction", "in")
                    ),
                    models.Q(
                        models.Q(
                            models.Q(("refund_of_credit_note_id", None), ("refund_of_payment__isnull", False)),
                            models.Q(("refund_of_credit_note_id__isnull", False), ("refund_of_payment", None)),
                            _connector="OR",
                        ),
                        ("allocated", 0),
                        ("direction", "out"),
                        ("refunded", 0),
                    ),
                    _connector="OR",
                ),
                name="billing_payment_direction_fits",
                violation_error_message="A refund pays back exactly one payment or credit note.",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reversal_day", None), ("reversal_reason", None), ("reversed_at", None)),
                    models.Q(
                        ("allocated", 0),
                        ("refunded", 0),
                        ("reversal_day__isnull", False),
                        ("reversal_reason__isnull", False),
                        ("reversed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="billing_payment_reversal_fits",
                violation_error_message="A reversed payment has a day and a reason, and settles nothing.",
            ),
        ),
        run_sql(__file__),
    ]
