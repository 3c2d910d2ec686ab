from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("messenger", "0001_conversations_messages"),
    ]

    operations = [
        run_sql(__file__),
    ]
