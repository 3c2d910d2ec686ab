from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("contracts", "0007_task_renamed"), ("core", "0008_read_committed")]

    operations = [run_sql(__file__)]
