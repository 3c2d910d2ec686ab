from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_audit"),
    ]

    operations = [
        run_sql(__file__, reverse="DROP TRIGGER notifications_delivery_audit ON notifications_delivery"),
    ]
