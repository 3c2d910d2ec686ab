from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounting", "0001_accounts_entries_periods")]

    operations = [run_sql(__file__)]
