from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0022_credit_settlements")]

    operations = [run_sql(__file__)]
