import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Nobody can make a user's list of networks grow but the user, and not beyond the newest fifty.
NETWORKS = """
CREATE FUNCTION identity_known_network_bound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM identity_known_network WHERE user_id = NEW.user_id AND id NOT IN (
        SELECT id FROM identity_known_network WHERE user_id = NEW.user_id ORDER BY seen_at DESC, id DESC LIMIT 50);
    RETURN NULL;
END $$;
CREATE TRIGGER identity_known_network_bound AFTER INSERT ON identity_known_network
    FOR EACH ROW EXECUTE FUNCTION identity_known_network_bound();
"""

NETWORKS_REVERSE = """
DROP TRIGGER identity_known_network_bound ON identity_known_network;
DROP FUNCTION identity_known_network_bound();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_session_epoch"),
    ]

    operations = [
        migrations.CreateModel(
            name="KnownNetwork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.BinaryField(max_length=16)),
                ("seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="known_networks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "identity_known_network",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "network"), name="identity_known_network_unique")
                ],
            },
        ),
        migrations.RunSQL(NETWORKS, NETWORKS_REVERSE),
    ]
