from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("messenger", "0004_tickets_presence"), ("core", "0006_shared_helpers")]

    operations = [run_sql(__file__)]
