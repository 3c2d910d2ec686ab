"""Fiscal years are closed and reopened, entries have a kind, and accounts have either postings or sub-accounts."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Func, Q, Value

import skeleton.kernel.ids
from skeleton.db.migration import run_sql

KINDS = [("ordinary", "Ordinary"), ("opening", "Opening"), ("closing", "Closing")]

# A chart with the receivables account was seeded.
ADD = """
    INSERT INTO accounting_account (id, created_at, updated_at, code, name, type, parent_id, is_active)
    SELECT skeleton_uuid7(), now(), now(), %s, %s, 'equity',
           (SELECT a.id FROM accounting_account a WHERE a.code = '3000' AND a.type = 'equity'), true
    WHERE EXISTS (SELECT FROM accounting_account WHERE code = %s)
    ON CONFLICT (code) DO NOTHING
"""


def accounts() -> list[tuple[str, list[str]]]:
    """Return an insert for each new account, under the code that the settings assign to its role."""
    codes = settings.SKELETON_ACCOUNTS
    receivable = codes.get("RECEIVABLE", "1300")
    named = ((codes.get("OPENING", "3100"), "Opening capital"), (codes.get("RETAINED_EARNINGS", "3200"), "Retained earnings"))
    return [(ADD, [code, name, receivable]) for code, name in named]


def _user(label: str) -> models.ForeignKey:
    return models.ForeignKey(
        null=True,
        editable=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        db_index=False,
        to=settings.AUTH_USER_MODEL,
        verbose_name=label,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0014_days_of_the_company"),
        ("audit", "0002_shared_helpers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(accounts(), migrations.RunSQL.noop),
        migrations.AddField(
            "entry",
            "kind",
            models.CharField(
                choices=KINDS,
                default="ordinary",
                db_default="ordinary",
                editable=False,
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            "entry", models.Index("date", "id", condition=Q(kind="closing"), name="accounting_entry_closing")
        ),
        migrations.CreateModel(
            "YearClosing",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created at"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("year", models.SmallIntegerField(verbose_name="year")),
                ("start_date", models.DateField(editable=False, verbose_name="start date")),
                ("end_date", models.DateField(editable=False, verbose_name="end date")),
                ("reopened_at", models.DateTimeField(editable=False, null=True, verbose_name="reopened at")),
                ("closed_by", _user("closed by")),
                ("reopened_by", _user("reopened by")),
            ],
            options={
                "verbose_name": "year end",
                "verbose_name_plural": "year ends",
                "db_table": "accounting_year_closing",
                "indexes": [models.Index("end_date", "id", name="accounting_year_closing_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(reopened_at__isnull=False) | Q(reopened_by__isnull=True),
                        name="accounting_year_closing_reopened_fits",
                        violation_error_message="A closed year has not been reopened by anyone.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                Func(
                                    "start_date",
                                    "end_date",
                                    Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            )
                        ],
                        condition=Q(reopened_at__isnull=True),
                        name="accounting_year_closing_once",
                        violation_error_message="This year is already closed.",
                        violation_error_code="year",
                    ),
                ],
            },
        ),
        run_sql(__file__),
        migrations.AddConstraint(
            "entry",
            models.CheckConstraint(
                condition=(Q(kind="ordinary") & ~Q(source_type__in=("opening", "closing")))
                | Q(kind="opening", source_type__in=("opening", "invoice", "reversal"))
                | Q(kind="closing", source_type__in=("closing", "reversal")),
                name="accounting_entry_kind_fits",
                violation_error_message="The kind of a transaction must fit its source.",
                violation_error_code="kind",
            ),
        ),
    ]
