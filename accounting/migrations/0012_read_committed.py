from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounting", "0011_accounts_of_corrections"), ("core", "0008_read_committed")]

    operations = [run_sql(__file__)]
