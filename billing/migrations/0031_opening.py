"""Open invoices of an earlier system can be imported, with their own numbers."""

from django.db import migrations, models
from django.db.models import F, Q

from skeleton.db.migration import run_sql

ORIGINS = [("created", "Created here"), ("imported", "Imported")]


class Migration(migrations.Migration):
    dependencies = [("billing", "0030_days_of_the_company"), ("accounting", "0015_years")]

    operations = [
        migrations.AddField(
            "invoice",
            "origin",
            models.CharField(
                choices=ORIGINS,
                default="created",
                db_default="created",
                editable=False,
                max_length=8,
                verbose_name="origin",
            ),
        ),
        migrations.AddIndex(
            "invoice", models.Index("origin", "id", name="billing_invoice_origin")
        ),
        migrations.AddConstraint(
            "invoice",
            models.CheckConstraint(
                condition=Q(origin="created")
                | Q(origin="imported", order=None, total__gt=0) & (Q(posted_on=None) | Q(posted_on__gte=F("issue_date"))),
                name="billing_invoice_origin_fits",
                violation_error_message="An imported invoice has no order, and is in the books since it was issued.",
            ),
        ),
        run_sql(__file__),
    ]
