CREATE FUNCTION inventory_reservation_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reservations are not deleted'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_reservation_machine';
END $$;

CREATE FUNCTION inventory_movement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of movements is append-only'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_movement_append_only';
END $$;

CREATE OR REPLACE TRIGGER inventory_reservation_no_delete BEFORE DELETE ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION inventory_reservation_refuse();
CREATE OR REPLACE TRIGGER inventory_reservation_no_truncate BEFORE TRUNCATE ON inventory_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_reservation_refuse();
CREATE OR REPLACE TRIGGER inventory_movement_append_only BEFORE UPDATE OR DELETE ON inventory_movement
    FOR EACH ROW EXECUTE FUNCTION inventory_movement_refuse();
CREATE OR REPLACE TRIGGER inventory_movement_no_truncate BEFORE TRUNCATE ON inventory_movement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_movement_refuse();

CREATE OR REPLACE FUNCTION inventory_category_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above uuid[] := '{}';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO above FROM inventory_category WHERE id = NEW.parent_id;
        above := coalesce(above, '{}');  -- an unknown parent is for the foreign key to refuse
        IF NEW.id = NEW.parent_id OR NEW.id = ANY(above) THEN
            RAISE EXCEPTION 'a category cannot be below itself'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_category_cycle';
        END IF;
    END IF;
    NEW.path := above || NEW.id;
    IF cardinality(NEW.path) > 32 THEN
        RAISE EXCEPTION 'categories nest at most 32 deep'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'inventory_category_depth';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION inventory_stock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.quantity = 0 AND NEW.reserved = 0 THEN RETURN NEW; END IF;
    ELSIF (NEW.item_id, NEW.warehouse_id) IS NOT DISTINCT FROM (OLD.item_id, OLD.warehouse_id) AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'stock changes only by movements and reservations'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_stock_kept_by_ledger';
END $$;

CREATE OR REPLACE FUNCTION inventory_reservation_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'active' THEN
        RAISE EXCEPTION 'a reservation begins active'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_reservation_machine';
    END IF;
    UPDATE inventory_stock SET reserved = reserved + NEW.quantity, updated_at = clock_timestamp()
        WHERE id = NEW.stock_id RETURNING item_id, warehouse_id INTO NEW.item_id, NEW.warehouse_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION inventory_reservation_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'active' OR NEW.status = 'active'
        OR (NEW.status = 'fulfilled' AND pg_trigger_depth() = 1)
        OR to_jsonb(NEW) - '{status,closed_at,updated_at}'::text[] <> to_jsonb(OLD) - '{status,closed_at,updated_at}'::text[]
    THEN
        RAISE EXCEPTION 'a reservation ends once and does not change otherwise'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_reservation_machine';
    END IF;
    IF NEW.status <> 'fulfilled' THEN
        UPDATE inventory_stock SET reserved = reserved - OLD.quantity, updated_at = clock_timestamp()
            WHERE id = OLD.stock_id;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION inventory_movement_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held numeric := 0;
BEGIN
    IF NEW.reservation_id IS NOT NULL THEN
        UPDATE inventory_reservation SET status = 'fulfilled', closed_at = clock_timestamp(), updated_at = clock_timestamp()
            WHERE id = NEW.reservation_id AND stock_id = NEW.stock_id AND status = 'active' AND quantity = -NEW.quantity
            RETURNING quantity INTO held;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the reservation is not active, or of another quantity or place'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_movement_reservation_active';
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

CREATE OR REPLACE FUNCTION inventory_movement_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM inventory_movement WHERE transfer_id = NEW.transfer_id
        HAVING count(*) = 2 AND sum(quantity) = 0 AND count(DISTINCT item_id) = 1
           AND array_agg(warehouse_id ORDER BY quantity) = array_agg(other_warehouse_id ORDER BY quantity DESC);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a transfer adds to one place what it takes from another'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_movement_transfer_whole';
    END IF;
    RETURN NULL;
END $$;

ALTER FUNCTION inventory_category_lock() SECURITY INVOKER RESET search_path;
ALTER FUNCTION inventory_category_pass_on() SECURITY INVOKER RESET search_path;
