from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_names_and_messages"), ("jobs", "0001_jobs")]

    operations = [run_sql(__file__)]
