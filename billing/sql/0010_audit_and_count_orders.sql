-- The status history of an order already records who, when and why, so it is not audited again.
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
