import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import skeleton.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=255)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("asset", "Asset"),
                            ("liability", "Liability"),
                            ("equity", "Equity"),
                            ("revenue", "Revenue"),
                            ("expense", "Expense"),
                        ],
                        max_length=9,
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, null=True)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="accounting.account",
                    ),
                ),
            ],
            options={
                "db_table": "accounting_account",
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("date", models.DateField()),
                ("description", models.CharField(max_length=500)),
                ("reference", models.CharField(blank=True, max_length=100, null=True)),
                (
                    "source_type",
                    models.CharField(
                        choices=[
                            ("manual", "Manual"),
                            ("invoice", "Invoice"),
                            ("payment", "Payment"),
                            ("reversal", "Reversal"),
                        ],
                        max_length=8,
                    ),
                ),
                ("source_id", models.UUIDField(blank=True, null=True)),
                ("purpose", models.CharField(blank=True, default="", max_length=30)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="accounting.entry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "db_table": "accounting_entry",
            },
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.SmallIntegerField()),
                ("date", models.DateField()),
                ("debit", models.BigIntegerField(default=0)),
                ("credit", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("description", models.CharField(blank=True, max_length=500, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="accounting.account",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="accounting.entry",
                    ),
                ),
            ],
            options={
                "db_table": "accounting_line",
            },
        ),
        migrations.CreateModel(
            name="MonthTotal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "currency", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("month", models.DateField()),
                ("debit", models.DecimalField(decimal_places=0, max_digits=38)),
                ("credit", models.DecimalField(decimal_places=0, max_digits=38)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounting.account",
                    ),
                ),
            ],
            options={
                "db_table": "accounting_month_total",
            },
        ),
        migrations.CreateModel(
            name="Period",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("start_date", models.DateField()),
                ("end_date", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("closed", "Closed")], default="open", editable=False, max_length=6
                    ),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "accounting_period",
            },
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "currency", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("debit", models.DecimalField(decimal_places=0, max_digits=38)),
                ("credit", models.DecimalField(decimal_places=0, max_digits=38)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="totals",
                        to="accounting.account",
                    ),
                ),
            ],
            options={
                "db_table": "accounting_total",
            },
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                django.db.models.functions.text.Lower("name"), models.F("id"), name="accounting_account_name"
            ),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(models.F("type"), models.F("code"), models.F("id"), name="accounting_account_type_code"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                fields=("code",),
                name="accounting_account_code_unique",
                violation_error_message="Another account already has this code.",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9.-]*$")),
                name="accounting_account_code_form",
                violation_error_code="code",
                violation_error_message="Only letters, digits, dots and hyphens.",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True),
                name="accounting_account_name_present",
                violation_error_code="name",
                violation_error_message="May not be empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["asset", "liability", "equity", "revenue", "expense"])),
                name="accounting_account_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__isnull", True), ("currency__regex", "^[A-Z]{3}$"), _connector="OR"),
                name="accounting_account_currency_form",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(models.F("date"), models.F("id"), name="accounting_entry_date"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(models.F("created_at"), models.F("id"), name="accounting_entry_created_at"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                models.F("reference"),
                models.F("id"),
                condition=models.Q(("reference__isnull", False)),
                name="accounting_entry_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("date__range", (datetime.date(1900, 1, 1), datetime.date(2999, 12, 31)))),
                name="accounting_entry_date_sane",
                violation_error_code="date",
                violation_error_message="Must lie between 1900-01-01 and 2999-12-31.",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("description", ""), _negated=True),
                name="accounting_entry_description_present",
                violation_error_code="description",
                violation_error_message="May not be empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("source_type__in", ["manual", "invoice", "payment", "reversal"])),
                name="accounting_entry_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source_id__isnull", True), ("source_type", "manual")),
                    models.Q(models.Q(("source_type", "manual"), _negated=True), ("source_id__isnull", False)),
                    _connector="OR",
                ),
                name="accounting_entry_source_named",
                violation_error_code="source_id",
                violation_error_message="An entry names the document that it is for, or is made by hand.",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("reverses__isnull", False), ("source_id", models.F("reverses")), ("source_type", "reversal")
                    ),
                    models.Q(models.Q(("source_type", "reversal"), _negated=True), ("reverses__isnull", True)),
                    _connector="OR",
                ),
                name="accounting_entry_reversal_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=("reverses",),
                name="accounting_entry_reversed_once",
                violation_error_code="id",
                violation_error_message="This entry is reversed already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id__isnull", False)),
                fields=("source_type", "source_id", "purpose"),
                name="accounting_entry_source_unique",
                violation_error_code="source_id",
                violation_error_message="This document is already posted for this purpose.",
            ),
        ),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(models.F("account"), models.F("date"), models.F("id"), name="accounting_line_ledger"),
        ),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(
                fields=["date"], include=("account", "currency", "debit", "credit"), name="accounting_line_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credit", 0), ("debit__gt", 0)),
                    models.Q(("credit__gt", 0), ("debit", 0)),
                    _connector="OR",
                ),
                name="accounting_line_one_side",
                violation_error_code="debit",
                violation_error_message="A line has either a debit or a credit, over 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="accounting_line_currency_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(fields=("entry", "position"), name="accounting_line_position_unique"),
        ),
        migrations.AddIndex(
            model_name="period",
            index=models.Index(models.F("start_date"), models.F("id"), name="accounting_period_start"),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_date__gte", models.F("start_date"))),
                name="accounting_period_dates_ordered",
                violation_error_code="end_date",
                violation_error_message="Must not be before start_date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("closed_by__isnull", True), ("status", "open")),
                    models.Q(("closed_at__isnull", False), ("status", "closed")),
                    _connector="OR",
                ),
                name="accounting_period_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(
                            "start_date",
                            "end_date",
                            models.Value("[]"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    )
                ],
                name="accounting_period_no_overlap",
                violation_error_code="start_date",
                violation_error_message="Another period already covers some of these days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="total",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "credit__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("debit"), "+", models.Value(9223372036854775807)
                        ),
                    ),
                    (
                        "debit__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("credit"), "+", models.Value(9223372036854775807)
                        ),
                    ),
                ),
                name="accounting_total_int64",
                violation_error_code="lines",
                violation_error_message="The balance of an account would be too large: it would exceed 2^63 - 1.",
            ),
        ),
    ]
