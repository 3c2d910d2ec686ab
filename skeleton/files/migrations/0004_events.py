from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("files", "0003_names_and_messages"), ("events", "0001_event_log")]

    operations = [run_sql(__file__)]
