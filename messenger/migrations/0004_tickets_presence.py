import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("messenger", "0003_audit"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Presence",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("process", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={"db_table": "messenger_presence"},
        ),
        migrations.AddConstraint(
            model_name="presence",
            constraint=models.UniqueConstraint(fields=("user_id", "process"), name="messenger_presence_unique"),
        ),
        # what is lost in a crash is said again with the next heartbeat
        migrations.RunSQL("ALTER TABLE messenger_presence SET UNLOGGED", "ALTER TABLE messenger_presence SET LOGGED"),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("session_id", models.UUIDField(null=True)),
                ("web_session", models.CharField(max_length=40, null=True)),
                ("web_password", models.CharField(max_length=32, null=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "messenger_ticket"},
        ),
    ]
