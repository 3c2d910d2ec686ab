from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_shared_helpers")]

    operations = [run_sql(__file__)]
