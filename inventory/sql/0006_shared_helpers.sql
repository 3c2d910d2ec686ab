-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

CREATE OR REPLACE FUNCTION inventory_category_place() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    above uuid[] := '{}';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO above FROM inventory_category WHERE id = NEW.parent_id;
        above := coalesce(above, '{}');  -- an unknown parent is for the foreign key to refuse
        IF NEW.id = NEW.parent_id OR NEW.id = ANY(above) THEN
            PERFORM skeleton_refuse('inventory_category_cycle', 'a category cannot be below itself');
        END IF;
    END IF;
    NEW.path := above || NEW.id;
    IF cardinality(NEW.path) > 32 THEN
        PERFORM skeleton_refuse('inventory_category_depth', 'categories nest at most 32 deep', 'check_violation');
    END IF;
    RETURN NEW;
END $$;

-- Quantities are written by the triggers of movements and reservations, at a trigger depth of one. All direct writes
-- are refused.
CREATE OR REPLACE FUNCTION inventory_stock_guard() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.quantity = 0 AND NEW.reserved = 0 THEN RETURN NEW; END IF;
    ELSIF (NEW.item_id, NEW.warehouse_id) IS NOT DISTINCT FROM (OLD.item_id, OLD.warehouse_id) AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    PERFORM skeleton_refuse('inventory_stock_kept_by_ledger', 'stock changes only by movements and reservations');
END $$;

-- A reservation reserves its quantity from its creation to its end. It ends once: cancelled, expired, or fulfilled by a
-- movement with its id, which then reduces both figures together.
CREATE OR REPLACE FUNCTION inventory_reservation_hold() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.status <> 'active' THEN
        PERFORM skeleton_refuse('inventory_reservation_machine', 'a reservation begins active');
    END IF;
    UPDATE inventory_stock SET reserved = reserved + NEW.quantity, updated_at = clock_timestamp()
        WHERE id = NEW.stock_id RETURNING item_id, warehouse_id INTO NEW.item_id, NEW.warehouse_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION inventory_reservation_end() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status <> 'active' OR NEW.status = 'active'
        OR (NEW.status = 'fulfilled' AND pg_trigger_depth() = 1)
        OR to_jsonb(NEW) - '{status,closed_at,updated_at}'::text[] <> to_jsonb(OLD) - '{status,closed_at,updated_at}'::text[]
    THEN
        PERFORM skeleton_refuse('inventory_reservation_machine',
                                'a reservation ends once and does not change otherwise');
    END IF;
    IF NEW.status <> 'fulfilled' THEN
        UPDATE inventory_stock SET reserved = reserved - OLD.quantity, updated_at = clock_timestamp()
            WHERE id = OLD.stock_id;
    END IF;
    RETURN NEW;
END $$;

-- The ledger. Id and time are assigned while the stock row is locked, so their order is the order of the balances.
CREATE OR REPLACE FUNCTION inventory_movement_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    held numeric := 0;
BEGIN
    IF NEW.reservation_id IS NOT NULL THEN
        UPDATE inventory_reservation SET status = 'fulfilled', closed_at = clock_timestamp(), updated_at = clock_timestamp()
            WHERE id = NEW.reservation_id AND stock_id = NEW.stock_id AND status = 'active' AND quantity = -NEW.quantity
            RETURNING quantity INTO held;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('inventory_movement_reservation_active',
                                    'the reservation is not active, or of another quantity or place');
        END IF;
    END IF;
    UPDATE inventory_stock
        SET quantity = quantity + NEW.quantity, reserved = reserved - held, updated_at = clock_timestamp()
        WHERE id = NEW.stock_id
        RETURNING item_id, warehouse_id, quantity INTO NEW.item_id, NEW.warehouse_id, NEW.balance_after;
    NEW.id := skeleton_uuid7();
    NEW.created_at := clock_timestamp();
    RETURN NEW;
END $$;

-- At commit, a transfer is complete: two lines of one item with opposite quantities, each with the other's warehouse.
CREATE OR REPLACE FUNCTION inventory_movement_transfer() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM inventory_movement WHERE transfer_id = NEW.transfer_id
        HAVING count(*) = 2 AND sum(quantity) = 0 AND count(DISTINCT item_id) = 1
           AND array_agg(warehouse_id ORDER BY quantity) = array_agg(other_warehouse_id ORDER BY quantity DESC);
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('inventory_movement_transfer_whole',
                                'a transfer adds to one place what it takes from another');
    END IF;
    RETURN NULL;
END $$;

ALTER FUNCTION inventory_category_lock() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION inventory_category_pass_on() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE OR REPLACE TRIGGER inventory_reservation_no_delete BEFORE DELETE ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('inventory_reservation_machine', 'reservations are not deleted');
CREATE OR REPLACE TRIGGER inventory_reservation_no_truncate BEFORE TRUNCATE ON inventory_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('inventory_reservation_machine', 'reservations are not deleted');
CREATE OR REPLACE TRIGGER inventory_movement_append_only BEFORE UPDATE OR DELETE ON inventory_movement
    FOR EACH ROW EXECUTE FUNCTION skeleton_never(
        'inventory_movement_append_only', 'the ledger of movements is append-only');
CREATE OR REPLACE TRIGGER inventory_movement_no_truncate BEFORE TRUNCATE ON inventory_movement
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never(
        'inventory_movement_append_only', 'the ledger of movements is append-only');

DROP FUNCTION inventory_reservation_refuse();
DROP FUNCTION inventory_movement_refuse();
