-- The schema of inventory as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in inventory/sql.

-- inventory_category --------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE inventory_category (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(255) NOT NULL,
    description text,
    path uuid[] NOT NULL,
    parent_id uuid,
    CONSTRAINT inventory_category_pkey PRIMARY KEY (id),
    CONSTRAINT inventory_category_name_present CHECK (NOT name::text = ''::text),
    CONSTRAINT inventory_category_parent_id_557e1977_fk_inventory_category_id FOREIGN KEY (parent_id) REFERENCES inventory_category(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX inventory_category_created_at ON inventory_category USING btree (created_at, id);
CREATE INDEX inventory_category_name ON inventory_category USING btree (lower(name::text), id);
CREATE INDEX inventory_category_parent_id_557e1977 ON inventory_category USING btree (parent_id);
CREATE INDEX inventory_category_path ON inventory_category USING gin (path);

CREATE TRIGGER inventory_category_audit AFTER INSERT OR DELETE OR UPDATE ON inventory_category
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('catalog', '{path}');
CREATE TRIGGER inventory_category_lock BEFORE INSERT OR UPDATE OF parent_id, path ON inventory_category
    FOR EACH STATEMENT
    EXECUTE FUNCTION inventory_category_lock();
CREATE TRIGGER inventory_category_pass_on AFTER UPDATE OF parent_id, path ON inventory_category
    FOR EACH ROW WHEN (old.path IS DISTINCT FROM new.path)
    EXECUTE FUNCTION inventory_category_pass_on();
CREATE TRIGGER inventory_category_place BEFORE INSERT OR UPDATE OF parent_id, path ON inventory_category
    FOR EACH ROW
    EXECUTE FUNCTION inventory_category_place();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON inventory_category
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- inventory_item ------------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE inventory_item (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sku character varying(64) NOT NULL,
    name character varying(255) NOT NULL,
    description text,
    unit_price bigint NOT NULL,
    currency character varying(3) NOT NULL,
    unit character varying(20),
    tax_rate numeric(7,4) NOT NULL,
    status character varying(12) NOT NULL,
    attributes jsonb NOT NULL,
    category_id uuid,
    tax_code_id uuid,
    unit_code character varying(3) DEFAULT 'C62'::character varying NOT NULL,
    search_text text GENERATED ALWAYS AS (skeleton_search_text((COALESCE(name, ''::character varying))::text, (COALESCE(sku, ''::character varying))::text, 1)) STORED,
    sku_key text NOT NULL,
    price_base_quantity numeric(15,3) DEFAULT 1 NOT NULL,
    CONSTRAINT inventory_item_pkey PRIMARY KEY (id),
    CONSTRAINT inventory_item_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT inventory_item_names_present CHECK (NOT sku::text = ''::text AND NOT name::text = ''::text),
    CONSTRAINT inventory_item_price_base_positive CHECK (price_base_quantity > 0::numeric),
    CONSTRAINT inventory_item_status_known CHECK (status::text = ANY (ARRAY['active'::character varying, 'inactive'::character varying, 'discontinued'::character varying]::text[])),
    CONSTRAINT inventory_item_tax_rate_percent CHECK (tax_rate >= 0::numeric AND tax_rate <= 100::numeric),
    CONSTRAINT inventory_item_unit_code_form CHECK (unit_code::text ~ '^[A-Z0-9]{2,3}$'::text),
    CONSTRAINT inventory_item_unit_price_positive CHECK (unit_price >= 0),
    CONSTRAINT inventory_item_category_id_44f2108d_fk_inventory_category_id FOREIGN KEY (category_id) REFERENCES inventory_category(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_item_rate_of_tax_code FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code(id, rate) ON UPDATE CASCADE,
    CONSTRAINT inventory_item_tax_code_id_00d236ef_fk_accounting_tax_code_id FOREIGN KEY (tax_code_id) REFERENCES accounting_tax_code(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_item_sku_unique UNIQUE (sku_key)
);

CREATE INDEX inventory_item_category ON inventory_item USING btree (category_id, id);
CREATE INDEX inventory_item_created_at ON inventory_item USING btree (created_at, id);
CREATE INDEX inventory_item_name ON inventory_item USING btree (lower(name::text), id);
CREATE INDEX inventory_item_search ON inventory_item USING gin (search_text gin_trgm_ops);
CREATE INDEX inventory_item_sku ON inventory_item USING btree (lower(sku::text), id);
CREATE INDEX inventory_item_status ON inventory_item USING btree (status, id);
CREATE INDEX inventory_item_tax_code ON inventory_item USING btree (tax_code_id) WHERE tax_code_id IS NOT NULL;
CREATE INDEX inventory_item_unit_price ON inventory_item USING btree (unit_price, id);

CREATE TRIGGER core_count_delete AFTER DELETE ON inventory_item REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_insert AFTER INSERT ON inventory_item REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON inventory_item
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER inventory_item_audit AFTER INSERT OR DELETE OR UPDATE ON inventory_item
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('catalog', '{search_text,sku_key}');
CREATE TRIGGER inventory_item_key BEFORE INSERT OR UPDATE OF sku, sku_key ON inventory_item
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_key('sku', 'sku_key');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON inventory_item
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- inventory_movement --------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE inventory_movement (
    id uuid NOT NULL,
    type character varying(10) NOT NULL,
    quantity numeric(15,3) NOT NULL,
    balance_after numeric(15,3) NOT NULL,
    reference character varying(255),
    reason character varying(1000),
    transfer_id uuid,
    order_id uuid,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    item_id uuid NOT NULL,
    reservation_id uuid,
    stock_id uuid NOT NULL,
    other_warehouse_id uuid,
    warehouse_id uuid NOT NULL,
    CONSTRAINT inventory_movement_pkey PRIMARY KEY (id),
    CONSTRAINT inventory_movement_adjustment_reason CHECK (NOT type::text = 'adjustment'::text OR reason IS NOT NULL AND NOT (reason::text = ''::text AND reason IS NOT NULL)),
    CONSTRAINT inventory_movement_balance_positive CHECK (balance_after >= 0::numeric),
    CONSTRAINT inventory_movement_direction CHECK (quantity > 0::numeric AND type::text = 'receipt'::text OR quantity < 0::numeric AND type::text = 'issue'::text OR (type::text = ANY (ARRAY['adjustment'::character varying, 'transfer'::character varying]::text[])) AND NOT quantity = 0::numeric),
    CONSTRAINT inventory_movement_fulfils_by_issue CHECK (type::text = 'issue'::text OR reservation_id IS NULL),
    CONSTRAINT inventory_movement_transfer_ends CHECK (other_warehouse_id IS NOT NULL AND transfer_id IS NOT NULL AND type::text = 'transfer'::text AND NOT (warehouse_id = other_warehouse_id AND other_warehouse_id IS NOT NULL) OR NOT type::text = 'transfer'::text AND other_warehouse_id IS NULL AND transfer_id IS NULL),
    CONSTRAINT inventory_movement_created_by_id_025608ec_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_movement_other_warehouse_id_2261c94d_fk_inventory FOREIGN KEY (other_warehouse_id) REFERENCES inventory_warehouse(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_movement_reservation_id_2407bc51_fk_inventory FOREIGN KEY (reservation_id) REFERENCES inventory_reservation(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_movement_stock_id_532ecff6_fk_inventory_stock_id FOREIGN KEY (stock_id) REFERENCES inventory_stock(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX inventory_movement_fulfils_once ON inventory_movement USING btree (reservation_id) WHERE reservation_id IS NOT NULL;
CREATE INDEX inventory_movement_item ON inventory_movement USING btree (item_id, id);
CREATE INDEX inventory_movement_order ON inventory_movement USING btree (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX inventory_movement_stock ON inventory_movement USING btree (stock_id, id);
CREATE INDEX inventory_movement_transfer ON inventory_movement USING btree (transfer_id) WHERE transfer_id IS NOT NULL;
CREATE INDEX inventory_movement_type ON inventory_movement USING btree (type, id);
CREATE INDEX inventory_movement_warehouse ON inventory_movement USING btree (warehouse_id, id);

CREATE TRIGGER core_count_delete AFTER DELETE ON inventory_movement REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_insert AFTER INSERT ON inventory_movement REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON inventory_movement
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER inventory_movement_append_only BEFORE DELETE OR UPDATE ON inventory_movement
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('inventory_movement_append_only', 'the ledger of movements is append-only');
CREATE TRIGGER inventory_movement_event AFTER INSERT ON inventory_movement
    FOR EACH ROW
    EXECUTE FUNCTION events_row('inventory');
CREATE TRIGGER inventory_movement_no_truncate BEFORE TRUNCATE ON inventory_movement
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('inventory_movement_append_only', 'the ledger of movements is append-only');
CREATE TRIGGER inventory_movement_post BEFORE INSERT ON inventory_movement
    FOR EACH ROW
    EXECUTE FUNCTION inventory_movement_post();
CREATE CONSTRAINT TRIGGER inventory_movement_transfer_whole AFTER INSERT ON inventory_movement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (new.transfer_id IS NOT NULL)
    EXECUTE FUNCTION inventory_movement_transfer();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON inventory_movement
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- inventory_reservation -----------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE inventory_reservation (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity numeric(15,3) NOT NULL,
    status character varying(9) NOT NULL,
    order_id uuid,
    held_by_order boolean NOT NULL,
    expires_at timestamp with time zone,
    closed_at timestamp with time zone,
    created_by_id uuid,
    item_id uuid NOT NULL,
    stock_id uuid NOT NULL,
    warehouse_id uuid NOT NULL,
    CONSTRAINT inventory_reservation_pkey PRIMARY KEY (id),
    CONSTRAINT inventory_reservation_closed_at CHECK (closed_at IS NULL AND status::text = 'active'::text OR NOT status::text = 'active'::text AND closed_at IS NOT NULL),
    CONSTRAINT inventory_reservation_held_by_order CHECK (NOT held_by_order OR expires_at IS NULL AND order_id IS NOT NULL),
    CONSTRAINT inventory_reservation_quantity_positive CHECK (quantity > 0::numeric),
    CONSTRAINT inventory_reservation_status_known CHECK (status::text = ANY (ARRAY['active'::character varying, 'fulfilled'::character varying, 'cancelled'::character varying, 'expired'::character varying]::text[])),
    CONSTRAINT inventory_reservatio_created_by_id_8a7365c5_fk_identity_ FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_reservation_stock_id_46de6908_fk_inventory_stock_id FOREIGN KEY (stock_id) REFERENCES inventory_stock(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX inventory_reservation_active ON inventory_reservation USING btree (stock_id) WHERE status::text = 'active'::text;
CREATE INDEX inventory_reservation_expiring ON inventory_reservation USING btree (expires_at) WHERE status::text = 'active'::text;
CREATE INDEX inventory_reservation_item ON inventory_reservation USING btree (item_id, id);
CREATE INDEX inventory_reservation_order ON inventory_reservation USING btree (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX inventory_reservation_place ON inventory_reservation USING btree (warehouse_id, id);
CREATE INDEX inventory_reservation_status ON inventory_reservation USING btree (status, id);

CREATE TRIGGER billing_stock_is_held AFTER INSERT ON inventory_reservation REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_stock_is_held();
CREATE TRIGGER billing_stock_is_let_go AFTER UPDATE ON inventory_reservation REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_stock_is_let_go();
CREATE TRIGGER core_count_delete AFTER DELETE ON inventory_reservation REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_insert AFTER INSERT ON inventory_reservation REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON inventory_reservation
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER inventory_reservation_audit AFTER INSERT OR UPDATE ON inventory_reservation
    FOR EACH ROW WHEN (NOT new.held_by_order)
    EXECUTE FUNCTION audit_row('inventory');
CREATE TRIGGER inventory_reservation_end BEFORE UPDATE ON inventory_reservation
    FOR EACH ROW
    EXECUTE FUNCTION inventory_reservation_end();
CREATE TRIGGER inventory_reservation_hold BEFORE INSERT ON inventory_reservation
    FOR EACH ROW
    EXECUTE FUNCTION inventory_reservation_hold();
CREATE TRIGGER inventory_reservation_no_delete BEFORE DELETE ON inventory_reservation
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('inventory_reservation_machine', 'reservations are not deleted');
CREATE TRIGGER inventory_reservation_no_truncate BEFORE TRUNCATE ON inventory_reservation
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('inventory_reservation_machine', 'reservations are not deleted');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON inventory_reservation
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- inventory_stock -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE (but for id, item_id, quantity, reserved, warehouse_id), DELETE

CREATE TABLE inventory_stock (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity numeric(15,3) NOT NULL,
    reserved numeric(15,3) NOT NULL,
    reorder_point numeric(15,3) NOT NULL,
    reorder_quantity numeric(15,3) NOT NULL,
    available numeric(15,3) GENERATED ALWAYS AS ((quantity - reserved)) STORED,
    is_low boolean GENERATED ALWAYS AS (((reorder_point > (0)::numeric) AND (reorder_point >= (quantity - reserved)))) STORED,
    item_id uuid NOT NULL,
    warehouse_id uuid NOT NULL,
    CONSTRAINT inventory_stock_pkey PRIMARY KEY (id),
    CONSTRAINT inventory_stock_reorder_positive CHECK (reorder_point >= 0::numeric AND reorder_quantity >= 0::numeric),
    CONSTRAINT inventory_stock_reserved_within CHECK (reserved >= 0::numeric AND reserved <= quantity),
    CONSTRAINT inventory_stock_item_id_51ef1040_fk_inventory_item_id FOREIGN KEY (item_id) REFERENCES inventory_item(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_stock_warehouse_id_2fd6d240_fk_inventory_warehouse_id FOREIGN KEY (warehouse_id) REFERENCES inventory_warehouse(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inventory_stock_place_unique UNIQUE (item_id, warehouse_id)
);

CREATE INDEX inventory_stock_low ON inventory_stock USING btree (id) WHERE is_low;
CREATE INDEX inventory_stock_lowest ON inventory_stock USING btree (available, id) WHERE is_low;
CREATE INDEX inventory_stock_quantity ON inventory_stock USING btree (quantity, id);
CREATE INDEX inventory_stock_warehouse ON inventory_stock USING btree (warehouse_id, id);

CREATE TRIGGER core_count_delete AFTER DELETE ON inventory_stock REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_insert AFTER INSERT ON inventory_stock REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON inventory_stock
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER inventory_stock_audit AFTER INSERT OR DELETE OR UPDATE ON inventory_stock
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('inventory', '{available,is_low}');
CREATE TRIGGER inventory_stock_begins_empty BEFORE INSERT ON inventory_stock
    FOR EACH ROW
    EXECUTE FUNCTION inventory_stock_guard();
CREATE TRIGGER inventory_stock_guard BEFORE UPDATE ON inventory_stock
    FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id OR old.item_id IS DISTINCT FROM new.item_id OR old.warehouse_id IS DISTINCT FROM new.warehouse_id OR old.quantity IS DISTINCT FROM new.quantity OR old.reserved IS DISTINCT FROM new.reserved)
    EXECUTE FUNCTION inventory_stock_guard();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON inventory_stock
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- inventory_warehouse -------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE inventory_warehouse (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(255) NOT NULL,
    code character varying(32),
    location character varying(255),
    capacity bigint,
    status character varying(11) NOT NULL,
    code_key text,
    CONSTRAINT inventory_warehouse_pkey PRIMARY KEY (id),
    CONSTRAINT inventory_warehouse_capacity_positive CHECK (capacity >= 0),
    CONSTRAINT inventory_warehouse_name_present CHECK (NOT name::text = ''::text),
    CONSTRAINT inventory_warehouse_status_known CHECK (status::text = ANY (ARRAY['active'::character varying, 'inactive'::character varying, 'maintenance'::character varying]::text[])),
    CONSTRAINT inventory_warehouse_code_unique UNIQUE (code_key)
);

CREATE INDEX inventory_warehouse_created_at ON inventory_warehouse USING btree (created_at, id);
CREATE INDEX inventory_warehouse_name ON inventory_warehouse USING btree (lower(name::text), id);

CREATE TRIGGER inventory_warehouse_audit AFTER INSERT OR DELETE OR UPDATE ON inventory_warehouse
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('inventory', '{code_key}');
CREATE TRIGGER inventory_warehouse_key BEFORE INSERT OR UPDATE OF code, code_key ON inventory_warehouse
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_key('code', 'code_key');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON inventory_warehouse
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION inventory_category_lock()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('inventory_category'));
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION inventory_category_pass_on()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE inventory_category SET parent_id = parent_id WHERE parent_id = NEW.id;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION inventory_category_place()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION inventory_movement_post()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION inventory_movement_transfer()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM inventory_movement WHERE transfer_id = NEW.transfer_id
        HAVING count(*) = 2 AND sum(quantity) = 0 AND count(DISTINCT item_id) = 1
           AND array_agg(warehouse_id ORDER BY quantity) = array_agg(other_warehouse_id ORDER BY quantity DESC);
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('inventory_movement_transfer_whole',
                                'a transfer adds to one place what it takes from another');
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION inventory_reservation_end()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION inventory_reservation_hold()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NEW.status <> 'active' THEN
        PERFORM skeleton_refuse('inventory_reservation_machine', 'a reservation begins active');
    END IF;
    UPDATE inventory_stock SET reserved = reserved + NEW.quantity, updated_at = clock_timestamp()
        WHERE id = NEW.stock_id RETURNING item_id, warehouse_id INTO NEW.item_id, NEW.warehouse_id;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION inventory_stock_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.quantity = 0 AND NEW.reserved = 0 THEN RETURN NEW; END IF;
    ELSIF (NEW.item_id, NEW.warehouse_id) IS NOT DISTINCT FROM (OLD.item_id, OLD.warehouse_id) AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    PERFORM skeleton_refuse('inventory_stock_kept_by_ledger', 'stock changes only by movements and reservations');
END $function$;
