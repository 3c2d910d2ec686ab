from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("messenger", "0008_events"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [run_sql(__file__), migrations.DeleteModel(name="Event")]
