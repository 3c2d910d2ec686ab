-- Movements are not audited, since they say who, when and why themselves, but they have events.
CREATE TRIGGER inventory_movement_event AFTER INSERT ON inventory_movement
    FOR EACH ROW EXECUTE FUNCTION events_row('inventory');
