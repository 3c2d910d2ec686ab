from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_index_of_lowest_stock"), ("core", "0006_shared_helpers")]

    operations = [run_sql(__file__)]
