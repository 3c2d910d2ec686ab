from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

UUID7 = """
CREATE FUNCTION skeleton_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    -- RFC 9562: 48 bits of milliseconds, the version, 12 bits of the millisecond's fraction, the variant, random bits.
    SELECT encode(
        substring(int8send(floor(micros / 1000)::bigint) FROM 3 FOR 6)
        || substring(int4send(28672 + floor((micros % 1000) * 4.096)::int) FROM 3 FOR 2)
        || set_bit(set_bit(substring(uuid_send(gen_random_uuid()) FROM 9), 7, 1), 6, 0),
        'hex')::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000) AS micros) AS now
$$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        migrations.RunSQL(UUID7, "DROP FUNCTION skeleton_uuid7()"),
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
