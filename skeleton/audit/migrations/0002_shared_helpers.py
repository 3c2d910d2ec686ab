from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_audit_log"), ("core", "0006_shared_helpers")]

    operations = [run_sql(__file__)]
