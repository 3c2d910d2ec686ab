"""An entry is dated at most a year ahead when it is posted. Entries that are there stay as they are."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounting", "0005_source_type_index")]

    operations = [run_sql(__file__)]
