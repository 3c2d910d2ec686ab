from django.db import migrations

# The history of an order's states says who, when and why by itself, and is not audited a second time.
AUDIT = """
CREATE TRIGGER billing_order_audit AFTER INSERT OR UPDATE OR DELETE ON billing_order
    FOR EACH ROW EXECUTE FUNCTION audit_row('orders', '{search_text,number_key,unbilled_total}');
CREATE TRIGGER billing_order_line_audit_insert AFTER INSERT ON billing_order_line
    REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('orders', 'order_id', 'lines');
CREATE TRIGGER billing_order_line_audit_update AFTER UPDATE ON billing_order_line
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('orders', 'order_id', 'lines');
CREATE TRIGGER billing_order_line_audit_delete AFTER DELETE ON billing_order_line
    REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('orders', 'order_id', 'lines');
"""

AUDIT_REVERSE = """
DROP TRIGGER billing_order_line_audit_delete ON billing_order_line;
DROP TRIGGER billing_order_line_audit_update ON billing_order_line;
DROP TRIGGER billing_order_line_audit_insert ON billing_order_line;
DROP TRIGGER billing_order_audit ON billing_order;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_order_rules"),
        ("audit", "0001_audit_log"),
        ("core", "0002_row_counts"),
    ]

    operations = [
        migrations.RunSQL(AUDIT, AUDIT_REVERSE),
        migrations.RunSQL("SELECT core_begin_counting('billing_order', 'status')", "SELECT core_stop_counting('billing_order')"),
    ]
