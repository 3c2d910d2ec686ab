from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounting", "0018_fiscal_year_start")]

    operations = [run_sql(__file__)]
