from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounting", "0016_read_committed")]

    operations = [run_sql(__file__)]
