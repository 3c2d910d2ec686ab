from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0012_read_committed"),
        ("company", "0003_today"),
    ]

    operations = [run_sql(__file__)]
