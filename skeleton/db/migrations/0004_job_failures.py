from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_jobs_done"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobFailure",
            fields=[
                ("job_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("failed_at", models.DateTimeField()),
                ("error", models.TextField()),
                ("place", models.TextField()),
            ],
            options={"db_table": "core_job_failure"},
        ),
        run_sql(__file__, reverse="ALTER TABLE core_job_failure DROP CONSTRAINT core_job_failure_job"),
    ]
