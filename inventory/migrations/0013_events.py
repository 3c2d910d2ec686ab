from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_keys"), ("events", "0001_event_log")]

    operations = [run_sql(__file__)]
