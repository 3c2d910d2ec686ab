from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        run_sql(__file__, reverse="DROP FUNCTION skeleton_uuid7()"),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("last", models.BigIntegerField()),
            ],
            options={"db_table": "core_number_series"},
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gt", 0)), name="core_number_series_positive"
            ),
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=400, primary_key=True, serialize=False)),
                ("hits", models.IntegerField()),
                ("resets_at", models.DateTimeField()),
            ],
            options={"db_table": "core_throttle"},
        ),
        migrations.RunSQL("ALTER TABLE core_throttle SET UNLOGGED", "ALTER TABLE core_throttle SET LOGGED"),
    ]
