from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_notification_key"), ("events", "0001_event_log")]

    operations = [run_sql(__file__)]
