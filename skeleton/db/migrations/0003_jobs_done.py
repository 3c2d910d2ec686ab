from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_row_counts")]

    operations = [
        migrations.CreateModel(
            name="JobDone",
            fields=[
                ("job_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("done_at", models.DateTimeField()),
            ],
            options={"db_table": "core_job_done"},
        ),
    ]
