from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("identity", "0007_known_networks"), ("core", "0006_shared_helpers")]

    operations = [run_sql(__file__)]
