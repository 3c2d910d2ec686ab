import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import skeleton.kernel.ids


def record_fields():
    return [
        ("id", models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
        ("updated_at", models.DateTimeField(auto_now=True)),
    ]


# The last active user who holds *:* stays so, whatever happens at the same moment: whoever may end that waits for the lock and
# then sees what the one before did.
GUARDS = """
CREATE FUNCTION identity_require_super_admin() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity_last_super_admin'));
    IF NOT EXISTS (
        SELECT 1 FROM identity_user u
        JOIN identity_user_role held ON held.user_id = u.id
        JOIN identity_role r ON r.id = held.role_id
        WHERE u.is_active AND '*:*' = ANY (r.permissions)
    ) THEN
        RAISE EXCEPTION 'the last active super administrator must stay'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'identity_last_super_admin';
    END IF;
END $$;

CREATE FUNCTION identity_user_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.is_active THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM identity_user_role held JOIN identity_role r ON r.id = held.role_id
               WHERE held.user_id = OLD.id AND '*:*' = ANY (r.permissions)) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_user_guard AFTER UPDATE OF is_active ON identity_user
    FOR EACH ROW WHEN (OLD.is_active) EXECUTE FUNCTION identity_user_guard();

CREATE FUNCTION identity_user_role_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM identity_role r WHERE r.id = OLD.role_id AND '*:*' = ANY (r.permissions)) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_user_role_guard AFTER UPDATE OR DELETE ON identity_user_role
    FOR EACH ROW EXECUTE FUNCTION identity_user_role_guard();

CREATE FUNCTION identity_role_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_default AND (TG_OP = 'DELETE' OR NEW.name <> OLD.name OR NEW.permissions <> OLD.permissions
                           OR NOT NEW.is_default) THEN
        RAISE EXCEPTION 'a default role cannot be changed'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'identity_default_role_fixed';
    END IF;
    IF TG_OP = 'UPDATE' AND '*:*' = ANY (OLD.permissions) AND NOT '*:*' = ANY (NEW.permissions) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_role_guard AFTER UPDATE OR DELETE ON identity_role
    FOR EACH ROW EXECUTE FUNCTION identity_role_guard();
"""

GUARDS_REVERSE = """
DROP TRIGGER identity_role_guard ON identity_role;
DROP TRIGGER identity_user_role_guard ON identity_user_role;
DROP TRIGGER identity_user_guard ON identity_user;
DROP FUNCTION identity_role_guard();
DROP FUNCTION identity_user_role_guard();
DROP FUNCTION identity_user_guard();
DROP FUNCTION identity_require_super_admin();
"""


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
        migrations.RunSQL(GUARDS, GUARDS_REVERSE),
    ]
