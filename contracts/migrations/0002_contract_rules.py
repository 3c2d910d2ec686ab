from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0001_contracts_versions_cycles"),
        ("core", "0001_kernel_tables"),
    ]

    operations = [
        run_sql(__file__),
    ]
