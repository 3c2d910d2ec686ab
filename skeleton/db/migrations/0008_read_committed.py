from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("core", "0007_names_and_messages")]

    operations = [run_sql(__file__)]
