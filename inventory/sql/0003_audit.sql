-- Changes of stock rows are audited with quantity and reserved before and after. The movement or reservation behind a
-- change is in its own append-only table with the same actor, so it is not audited again. The same applies to
-- reservations by orders, while manual reservations are audited.
CREATE TRIGGER inventory_category_audit AFTER INSERT OR UPDATE OR DELETE ON inventory_category
    FOR EACH ROW EXECUTE FUNCTION audit_row('catalog', '{path}');
CREATE TRIGGER inventory_item_audit AFTER INSERT OR UPDATE OR DELETE ON inventory_item
    FOR EACH ROW EXECUTE FUNCTION audit_row('catalog', '{search_text}');
CREATE TRIGGER inventory_warehouse_audit AFTER INSERT OR UPDATE OR DELETE ON inventory_warehouse
    FOR EACH ROW EXECUTE FUNCTION audit_row('inventory');
CREATE TRIGGER inventory_stock_audit AFTER INSERT OR UPDATE OR DELETE ON inventory_stock
    FOR EACH ROW EXECUTE FUNCTION audit_row('inventory', '{available,is_low}');
CREATE TRIGGER inventory_reservation_audit AFTER INSERT OR UPDATE ON inventory_reservation
    FOR EACH ROW WHEN (NOT NEW.held_by_order) EXECUTE FUNCTION audit_row('inventory');
