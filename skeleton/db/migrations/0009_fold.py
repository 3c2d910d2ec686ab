"""How texts are folded for searches and unique keys."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("core", "0008_read_committed")]

    operations = [run_sql(__file__)]
