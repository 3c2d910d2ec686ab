import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import skeleton.kernel.ids
from skeleton.db.migration import run_sql

def record_fields():
    return [
        ("id", models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
        ("updated_at", models.DateTimeField(auto_now=True)),
    ]


class Migration(migrations.Migration):
    initial = True
    dependencies = [("core", "0001_kernel_tables")]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                *record_fields(),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("name", models.CharField(max_length=255)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("language", models.CharField(default="en", max_length=2)),
            ],
            options={"db_table": "identity_user"},
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                *record_fields(),
                ("name", models.CharField(max_length=100)),
                ("description", models.CharField(blank=True, default="", max_length=255)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("is_default", models.BooleanField(default=False, editable=False)),
            ],
            options={"db_table": "identity_role"},
        ),
        migrations.CreateModel(
            name="UserRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holders", to="identity.role"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="held_roles", to="identity.user"
                    ),
                ),
            ],
            options={"db_table": "identity_user_role"},
        ),
        migrations.AddField(
            model_name="user",
            name="roles",
            field=models.ManyToManyField(related_name="users", through="identity.UserRole", to="identity.role"),
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                *record_fields(),
                ("refresh_hash", models.BinaryField(max_length=32)),
                ("spent_hash", models.BinaryField(max_length=32, null=True)),
                ("refreshed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_seen_at", models.DateTimeField()),
                ("device", models.CharField(default="", max_length=255)),
                ("ip", models.CharField(default="", max_length=64)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sessions", to="identity.user"
                    ),
                ),
            ],
            options={
                "db_table": "identity_session",
                "indexes": [
                    models.Index(fields=["user", "-id"], name="identity_session_user"),
                    models.Index(fields=["expires_at"], name="identity_session_expires_at"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                name="identity_user_email_unique",
                violation_error_code="email",
                violation_error_message="Another user already has this e-mail.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="identity_user_name_present"
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="identity_role_name_unique",
                violation_error_code="name",
                violation_error_message="Another role already has this name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="userrole",
            constraint=models.UniqueConstraint(
                fields=("user", "role"),
                name="identity_user_role_unique",
                violation_error_code="role_id",
                violation_error_message="The user already holds this role.",
            ),
        ),
        run_sql(__file__),
    ]
