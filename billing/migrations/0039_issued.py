"""Call sent invoices and credit notes issued: being sent to somebody is another thing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0038_search")]

    operations = [
        migrations.AlterField(
            "invoice",
            "status",
            models.CharField(
                choices=[("draft", "Draft"), ("sent", "Issued"), ("paid", "Paid"), ("cancelled", "Cancelled")],
                default="draft",
                max_length=9,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            "invoice", "sent_at", models.DateTimeField(blank=True, null=True, verbose_name="issued at")
        ),
        migrations.AlterField(
            "creditnote",
            "status",
            models.CharField(
                choices=[("draft", "Draft"), ("sent", "Issued")],
                default="draft",
                max_length=5,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            "creditnote", "sent_at", models.DateTimeField(blank=True, null=True, verbose_name="issued at")
        ),
    ]
