from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_count_invoices"),
        ("accounting", "0004_count_entries"),
    ]

    operations = [
        run_sql(__file__),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                "sent_at", "id", name="billing_invoice_sent_at", condition=models.Q(sent_at__isnull=False)
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                "cancelled_at",
                "id",
                name="billing_invoice_cancelled_at",
                condition=models.Q(sent_at__isnull=False, cancelled_at__isnull=False),
            ),
        ),
        migrations.AddIndex(
            model_name="payment", index=models.Index("paid_at", "id", name="billing_payment_paid_at")
        ),
    ]
