from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("core", "0004_job_failures")]

    operations = [
        migrations.AddField("throttle", "next_at", models.DateTimeField(null=True)),
        run_sql(__file__, reverse="DROP FUNCTION core_throttle_hit(text[], int[], int[], int[], int[])"),
    ]
