from django.db import migrations, models

from skeleton.db.migration import run_sql

# folded rows are dead rows: let them be swept long before a fifth of the table has died
SWEEP = "ALTER TABLE core_row_count SET (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0)"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_kernel_tables")]

    operations = [
        migrations.CreateModel(
            name="RowCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=63)),
                ("part", models.TextField()),
                ("delta", models.BigIntegerField()),
            ],
            options={
                "db_table": "core_row_count",
                "indexes": [models.Index(fields=["source", "part"], name="core_row_count_source")],
            },
        ),
        migrations.RunSQL(SWEEP, migrations.RunSQL.noop),
        run_sql(__file__),
    ]
