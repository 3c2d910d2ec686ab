"""A payment has an event when what it settles or gives back changes."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0039_issued"), ("events", "0001_event_log")]

    operations = [run_sql(__file__)]
