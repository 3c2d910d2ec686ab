from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0001_catalogue_warehouses_stock"),
        ("core", "0001_kernel_tables"),
    ]

    operations = [
        run_sql(__file__),
    ]
