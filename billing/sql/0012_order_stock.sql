-- Keeps orders and their reservations consistent. A confirmed order has reservations for what its lines need of each
-- item, or none for items that were never stocked; no other order has any. They only end when the order is shipped or
-- cancelled. Manual reservations for an order (held_by_order is false) are not checked.
--
-- The order's status is written first, so that each statement on reservations can be checked against it. Completeness
-- is checked at commit. The inventory references orders without a foreign key; an order that does not exist is ignored.
CREATE FUNCTION billing_order_holds(ordered uuid) RETURNS TABLE (item_id uuid, held numeric, needed numeric)
LANGUAGE sql STABLE AS $$
    SELECT r.item_id, sum(r.quantity), (
        SELECT coalesce(sum(l.quantity), 0) FROM billing_order_line l WHERE l.order_id = ordered AND l.item_id = r.item_id)
    FROM inventory_reservation r
    WHERE r.order_id = ordered AND r.held_by_order AND r.status = 'active' GROUP BY r.item_id
$$;

CREATE FUNCTION billing_order_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_order WHERE id = NEW.id AND status = NEW.status) THEN
        RETURN NULL;  -- it went on in the same transaction, and is checked as what it became
    ELSIF NEW.status = 'confirmed' THEN
        IF EXISTS (SELECT FROM billing_order_holds(NEW.id) WHERE held <> needed) OR EXISTS (
            SELECT FROM billing_order_line l
            WHERE l.order_id = NEW.id AND EXISTS (SELECT FROM inventory_stock s WHERE s.item_id = l.item_id)
              AND NOT EXISTS (SELECT FROM inventory_reservation r
                              WHERE r.order_id = NEW.id AND r.item_id = l.item_id AND r.held_by_order AND r.status = 'active')
        ) THEN
            PERFORM billing_refuse('billing_order_stock_held', 'a confirmed order holds what its lines need');
        END IF;
    ELSIF EXISTS (SELECT FROM inventory_reservation
                  WHERE order_id = NEW.id AND held_by_order AND status = 'active') THEN
        PERFORM billing_refuse('billing_order_stock_held', 'an order that is ' || NEW.status || ' holds nothing');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_order_stock AFTER UPDATE OF status ON billing_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION billing_order_stock();

CREATE FUNCTION billing_stock_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT o.id, o.status FROM billing_order o
               WHERE o.id IN (SELECT order_id FROM after_rows WHERE held_by_order) ORDER BY o.id FOR NO KEY UPDATE
    LOOP
        IF one.status <> 'confirmed' OR EXISTS (SELECT FROM billing_order_holds(one.id) WHERE held > needed) THEN
            PERFORM billing_refuse('billing_order_stock_held', 'only a confirmed order holds, and not more than it needs');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_stock_is_held AFTER INSERT ON inventory_reservation
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION billing_stock_is_held();

CREATE FUNCTION billing_stock_is_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM after_rows r JOIN billing_order o ON o.id = r.order_id
        WHERE r.held_by_order AND (r.status, o.status) NOT IN (('fulfilled', 'shipped'), ('cancelled', 'cancelled'))
    ) THEN
        PERFORM billing_refuse('billing_order_stock_held', 'what an order holds ends when it is shipped or cancelled');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_stock_is_let_go AFTER UPDATE ON inventory_reservation
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION billing_stock_is_let_go();
