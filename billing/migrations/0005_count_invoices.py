from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_audit"),
        ("core", "0002_row_counts"),
    ]

    operations = [
        migrations.RunSQL(
            "SELECT core_begin_counting('billing_invoice')",
            "SELECT core_stop_counting('billing_invoice')",
        ),
    ]
