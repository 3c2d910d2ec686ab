from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_names_and_messages"), ("core", "0008_read_committed")]

    operations = [run_sql(__file__)]
