from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("procrastinate", "0041_post_retry_failed_job"),
        ("audit", "0001_audit_log"),
        ("core", "0004_job_failures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[],
            options={
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("procrastinate.procrastinatejob",),
        ),
        run_sql(__file__, reverse="DROP TRIGGER jobs_job_audit ON procrastinate_jobs; DROP FUNCTION jobs_audit()"),
    ]
