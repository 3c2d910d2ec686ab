from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_payments_ahead"), ("core", "0006_shared_helpers")]

    operations = [run_sql(__file__)]
