"""Entries of credit notes, allocations and write-offs, and of the opening and closing of a year."""

from django.db import migrations, models
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.models import Q

from skeleton.db.migration import run_sql

SOURCES = [
    ("manual", "Manual"),
    ("invoice", "Invoice"),
    ("payment", "Payment"),
    ("credit_note", "Credit note"),
    ("allocation", "Allocation"),
    ("write_off", "Write-off"),
    ("reversal", "Reversal"),
    ("opening", "Opening"),
    ("closing", "Closing"),
]


class Migration(migrations.Migration):
    dependencies = [("accounting", "0008_names_and_messages")]

    operations = [
        SeparateDatabaseAndState(
            database_operations=[run_sql(__file__)],
            state_operations=[
                migrations.AlterField(
                    "entry",
                    "source_type",
                    models.CharField(choices=SOURCES, max_length=11, verbose_name="source type"),
                )
            ],
        ),
        migrations.RemoveConstraint("entry", "accounting_entry_source_known"),
        migrations.AddConstraint(
            "entry",
            models.CheckConstraint(
                condition=Q(source_type__in=[value for value, _label in SOURCES]),
                name="accounting_entry_source_known",
                violation_error_message="Is not one of the values to choose from.",
                violation_error_code="source_type",
            ),
        ),
    ]
