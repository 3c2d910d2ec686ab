from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_books")]

    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["currency", "due_date"],
                include=["total", "amount_paid"],
                name="billing_invoice_owed",
                condition=models.Q(status="sent"),
            ),
        ),
        # counted by status from now on
        migrations.RunSQL(
            "SELECT core_stop_counting('billing_invoice'); SELECT core_begin_counting('billing_invoice', 'status')",
            "SELECT core_stop_counting('billing_invoice'); SELECT core_begin_counting('billing_invoice')",
        ),
    ]
