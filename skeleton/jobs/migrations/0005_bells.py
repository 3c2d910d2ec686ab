from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_task_names")]

    operations = [run_sql(__file__)]
