import django.contrib.postgres.fields
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [("audit", "0003_names_and_messages"), ("core", "0008_read_committed")]

    operations = [
        migrations.CreateModel(
            name="EventLog",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("base", models.BigIntegerField()),
                ("newest", models.BigIntegerField()),
                ("origin", models.TextField()),
                ("appended_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "event log",
                "verbose_name_plural": "event logs",
                "db_table": "events_log",
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(verbose_name="id")),
                ("source", models.TextField(verbose_name="source")),
                ("verb", models.TextField(verbose_name="verb")),
                ("resource", models.TextField(verbose_name="resource")),
                ("resource_id", models.UUIDField(verbose_name="resource id")),
                ("scope_id", models.UUIDField(null=True, verbose_name="scope id")),
                ("actor_id", models.UUIDField(null=True, verbose_name="actor id")),
                ("api_key_id", models.UUIDField(null=True, verbose_name="API key id")),
                ("request_id", models.TextField(null=True, verbose_name="request id")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "changes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None, verbose_name="changes"
                    ),
                ),
                ("data", models.JSONField(null=True, verbose_name="data")),
                ("position", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="position")),
                ("number", models.BigIntegerField(verbose_name="number")),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "db_table": "events_event",
                "indexes": [
                    models.Index(fields=["resource_id", "position"], name="events_event_resource"),
                    models.Index(
                        condition=models.Q(("scope_id__isnull", False)),
                        fields=["scope_id", "position"],
                        name="events_event_scope",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PendingEvent",
            fields=[
                ("id", models.UUIDField(verbose_name="id")),
                ("source", models.TextField(verbose_name="source")),
                ("verb", models.TextField(verbose_name="verb")),
                ("resource", models.TextField(verbose_name="resource")),
                ("resource_id", models.UUIDField(verbose_name="resource id")),
                ("scope_id", models.UUIDField(null=True, verbose_name="scope id")),
                ("actor_id", models.UUIDField(null=True, verbose_name="actor id")),
                ("api_key_id", models.UUIDField(null=True, verbose_name="API key id")),
                ("request_id", models.TextField(null=True, verbose_name="request id")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "changes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None, verbose_name="changes"
                    ),
                ),
                ("data", models.JSONField(null=True, verbose_name="data")),
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("xact", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "pending event",
                "verbose_name_plural": "pending events",
                "db_table": "events_pending",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("xact", "resource_id"),
                        name="events_pending_object",
                        violation_error_message="A transaction has one event for each object.",
                    )
                ],
            },
        ),
        run_sql(__file__),
    ]
