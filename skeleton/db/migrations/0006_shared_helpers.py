from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("core", "0005_throttle_waits")]

    operations = [run_sql(__file__)]
