from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0008_orders"),
    ]

    operations = [
        run_sql(__file__),
    ]
