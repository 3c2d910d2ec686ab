import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from skeleton.db.migration import run_sql


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
        run_sql(__file__),
    ]
