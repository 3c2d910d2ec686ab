from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_order_rules"),
        ("audit", "0001_audit_log"),
        ("core", "0002_row_counts"),
    ]

    operations = [
        run_sql(__file__),
        migrations.RunSQL("SELECT core_begin_counting('billing_order', 'status')", "SELECT core_stop_counting('billing_order')"),
    ]
