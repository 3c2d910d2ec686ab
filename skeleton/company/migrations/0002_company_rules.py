from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0001_company"),
        ("core", "0006_shared_helpers"),
        ("audit", "0002_shared_helpers"),
    ]

    operations = [run_sql(__file__)]
