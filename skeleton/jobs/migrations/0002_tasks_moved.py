from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_jobs")]

    operations = [run_sql(__file__, reverse=migrations.RunSQL.noop)]
