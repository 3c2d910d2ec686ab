-- Every change of a stock row is audited there, as quantity and reserved before and after: the movement or reservation that
-- made it is in its own append-only table with the same actor, and not a second time here. What an order holds and lets
-- go likewise; the reservations that people make are audited for their sake.
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
