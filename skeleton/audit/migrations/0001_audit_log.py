import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("core", "0001_kernel_tables"),
        ("identity", "0001_users_roles_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("actor_email", models.TextField()),
                ("action", models.TextField()),
                ("resource", models.TextField()),
                ("resource_id", models.UUIDField()),
                ("changes", models.JSONField()),
                ("ip", models.TextField(null=True)),
                ("request_id", models.TextField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="actor",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "db_table": "audit_entry",
                "indexes": [
                    models.Index(fields=["resource", "resource_id", "id"], name="audit_entry_resource"),
                    models.Index(fields=["actor", "id"], name="audit_entry_actor"),
                    models.Index(fields=["created_at"], name="audit_entry_created_at"),
                ],
            },
        ),
        run_sql(__file__),
    ]
