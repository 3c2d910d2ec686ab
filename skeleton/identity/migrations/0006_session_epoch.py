from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_list_indexes"),
        ("audit", "0001_audit_log"),
    ]

    operations = [
        migrations.AddField("user", "session_epoch", models.IntegerField(default=0, db_default=0, editable=False)),
        run_sql(__file__),
    ]
