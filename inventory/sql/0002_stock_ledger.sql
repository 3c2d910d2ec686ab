-- The tree. Changes of its structure are serialised, because two moves that are each valid could together create a
-- cycle. The statement trigger takes that lock before the statement locks any row. Each row computes its path from its
-- parent's path. A changed path is propagated by updating the children, so a manually written path is overwritten.
CREATE FUNCTION inventory_category_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('inventory_category'));
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_category_lock BEFORE INSERT OR UPDATE OF parent_id, path ON inventory_category
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_category_lock();

CREATE FUNCTION inventory_category_place() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER inventory_category_place BEFORE INSERT OR UPDATE OF parent_id, path ON inventory_category
    FOR EACH ROW EXECUTE FUNCTION inventory_category_place();

CREATE FUNCTION inventory_category_pass_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_category SET parent_id = parent_id WHERE parent_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_category_pass_on AFTER UPDATE OF parent_id, path ON inventory_category
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION inventory_category_pass_on();

-- Quantities are written by the triggers of movements and reservations, at a trigger depth of one. All direct writes
-- are refused.
CREATE FUNCTION inventory_stock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.quantity = 0 AND NEW.reserved = 0 THEN RETURN NEW; END IF;
    ELSIF (NEW.item_id, NEW.warehouse_id) IS NOT DISTINCT FROM (OLD.item_id, OLD.warehouse_id) AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'stock changes only by movements and reservations'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_stock_kept_by_ledger';
END $$;
CREATE TRIGGER inventory_stock_begins_empty BEFORE INSERT ON inventory_stock
    FOR EACH ROW EXECUTE FUNCTION inventory_stock_guard();
CREATE TRIGGER inventory_stock_guard BEFORE UPDATE ON inventory_stock
    FOR EACH ROW WHEN ((OLD.id, OLD.item_id, OLD.warehouse_id, OLD.quantity, OLD.reserved)
                       IS DISTINCT FROM (NEW.id, NEW.item_id, NEW.warehouse_id, NEW.quantity, NEW.reserved))
    EXECUTE FUNCTION inventory_stock_guard();

-- A reservation reserves its quantity from its creation to its end. It ends once: cancelled, expired, or fulfilled by a
-- movement with its id, which then reduces both figures together.
CREATE FUNCTION inventory_reservation_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'active' THEN
        RAISE EXCEPTION 'a reservation begins active'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_reservation_machine';
    END IF;
    UPDATE inventory_stock SET reserved = reserved + NEW.quantity, updated_at = clock_timestamp()
        WHERE id = NEW.stock_id RETURNING item_id, warehouse_id INTO NEW.item_id, NEW.warehouse_id;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_reservation_hold BEFORE INSERT ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION inventory_reservation_hold();

CREATE FUNCTION inventory_reservation_end() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER inventory_reservation_end BEFORE UPDATE ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION inventory_reservation_end();

CREATE FUNCTION inventory_reservation_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reservations are not deleted'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_reservation_machine';
END $$;
CREATE TRIGGER inventory_reservation_no_delete BEFORE DELETE ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION inventory_reservation_refuse();
CREATE TRIGGER inventory_reservation_no_truncate BEFORE TRUNCATE ON inventory_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_reservation_refuse();

-- The ledger. Id and time are assigned while the stock row is locked, so their order is the order of the balances.
CREATE FUNCTION inventory_movement_post() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER inventory_movement_post BEFORE INSERT ON inventory_movement
    FOR EACH ROW EXECUTE FUNCTION inventory_movement_post();

CREATE FUNCTION inventory_movement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of movements is append-only'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'inventory_movement_append_only';
END $$;
CREATE TRIGGER inventory_movement_append_only BEFORE UPDATE OR DELETE ON inventory_movement
    FOR EACH ROW EXECUTE FUNCTION inventory_movement_refuse();
CREATE TRIGGER inventory_movement_no_truncate BEFORE TRUNCATE ON inventory_movement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_movement_refuse();

-- At commit, a transfer is complete: two lines of one item with opposite quantities, each with the other's warehouse.
CREATE FUNCTION inventory_movement_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER inventory_movement_transfer_whole AFTER INSERT ON inventory_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.transfer_id IS NOT NULL)
    EXECUTE FUNCTION inventory_movement_transfer();
