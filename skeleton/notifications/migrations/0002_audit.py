from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_notifications"),
        ("audit", "0001_audit_log"),
    ]

    operations = [
        run_sql(__file__, reverse="DROP TRIGGER notifications_preferences_audit ON notifications_preferences"),
    ]
