from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0003_audit"),
        ("core", "0002_row_counts"),
    ]

    operations = [
        migrations.RunSQL(
            "SELECT core_begin_counting('accounting_entry')",
            "SELECT core_stop_counting('accounting_entry')",
        ),
    ]
