-- A customer's total_purchases: what was sent less what its own issued credit notes took back, of invoices that are not
-- cancelled. Both columns of an invoice are known in its own row.
CREATE FUNCTION billing_purchased(invoice billing_invoice) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN invoice.status IN ('sent', 'paid') THEN invoice.total - invoice.credited_total ELSE 0 END
$$;

CREATE OR REPLACE FUNCTION billing_purchases_follow() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    added bigint := billing_purchased(NEW) - billing_purchased(OLD);
BEGIN
    IF added <> 0 THEN
        UPDATE parties_party SET total_purchases = total_purchases + added
        WHERE id = NEW.customer_id AND currency = NEW.currency;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER billing_purchases_follow ON billing_invoice;
CREATE TRIGGER billing_purchases_follow AFTER UPDATE OF status, credited_total ON billing_invoice
    FOR EACH ROW WHEN ((OLD.status, OLD.credited_total) IS DISTINCT FROM (NEW.status, NEW.credited_total))
    EXECUTE FUNCTION billing_purchases_follow();

CREATE OR REPLACE FUNCTION billing_purchases_in_currency() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.total_purchases := (
        SELECT coalesce(sum(billing_purchased(i)), 0) FROM billing_invoice i
        WHERE i.customer_id = NEW.id AND i.currency = NEW.currency AND i.status IN ('sent', 'paid')
    );
    RETURN NEW;
END $$;
