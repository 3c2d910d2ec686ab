CREATE OR REPLACE FUNCTION billing_purchases_follow() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    was bigint := CASE WHEN OLD.status IN ('sent', 'paid') THEN OLD.total ELSE 0 END;
    now_is bigint := CASE WHEN NEW.status IN ('sent', 'paid') THEN NEW.total ELSE 0 END;
BEGIN
    IF was <> now_is THEN
        UPDATE parties_party SET total_purchases = total_purchases + (now_is - was)
        WHERE id = NEW.customer_id AND currency = NEW.currency;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER billing_purchases_follow ON billing_invoice;
CREATE TRIGGER billing_purchases_follow AFTER UPDATE OF status ON billing_invoice
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION billing_purchases_follow();

CREATE OR REPLACE FUNCTION billing_purchases_in_currency() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.total_purchases := (
        SELECT coalesce(sum(total), 0) FROM billing_invoice
        WHERE customer_id = NEW.id AND currency = NEW.currency AND status IN ('sent', 'paid')
    );
    RETURN NEW;
END $$;
DROP FUNCTION billing_purchased(billing_invoice);
