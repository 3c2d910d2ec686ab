from django.db import migrations

COUNTED = ("inventory_item", "inventory_stock", "inventory_reservation", "inventory_movement")


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0003_audit"),
        ("core", "0002_row_counts"),
    ]

    operations = [
        migrations.RunSQL(f"SELECT core_begin_counting('{table}')", f"SELECT core_stop_counting('{table}')")
        for table in COUNTED
    ]
