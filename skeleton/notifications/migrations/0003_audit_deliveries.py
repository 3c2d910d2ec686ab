from django.db import migrations

# What becomes of a delivery by itself is in its row; that a person had one sent again is audited.
AUDIT = """
CREATE TRIGGER notifications_delivery_audit AFTER UPDATE OF status ON notifications_delivery
    FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'waiting') EXECUTE FUNCTION audit_row('deliveries');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_audit"),
    ]

    operations = [
        migrations.RunSQL(AUDIT, "DROP TRIGGER notifications_delivery_audit ON notifications_delivery"),
    ]
