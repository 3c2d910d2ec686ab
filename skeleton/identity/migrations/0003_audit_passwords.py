from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_audit"),
    ]

    operations = [run_sql(__file__)]
