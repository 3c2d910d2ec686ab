"""Payments and cancellations have a day of their own: no day is derived from a time in SQL any more."""

from django.db import migrations, models
from django.db.models import Q

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0029_tax_by_category"),
        ("company", "0003_today"),
    ]

    operations = [
        migrations.AddField("payment", "day", models.DateField(editable=False, null=True, verbose_name="day")),
        migrations.AddField(
            "invoice", "cancelled_on", models.DateField(editable=False, null=True, verbose_name="cancelled on")
        ),
        run_sql(__file__),
        migrations.AlterField("payment", "day", models.DateField(editable=False, verbose_name="day")),
        migrations.RemoveIndex("invoice", "billing_invoice_cancelled_at"),
        migrations.AddIndex(
            "invoice",
            models.Index(
                "cancelled_on",
                "id",
                name="billing_invoice_cancelled_on",
                condition=Q(sent_at__isnull=False, cancelled_on__isnull=False),
            ),
        ),
    ]
