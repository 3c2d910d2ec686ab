"""Imported invoices have numbers of their own: in any case of letters, and never of the form of our series."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Upper

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0036_read_committed")]

    operations = [
        migrations.AddConstraint(
            "invoice",
            models.UniqueConstraint(
                Upper("number"),
                name="billing_invoice_imported_number",
                condition=Q(origin="imported"),
                violation_error_message="Another document already has this number.",
                violation_error_code="number",
            ),
        ),
        run_sql(__file__),
    ]
