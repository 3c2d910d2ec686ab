-- A customer's total_purchases: the invoices that were sent and not cancelled, in the customer's currency. An UPDATE
-- that waited for the customer's row sees the current currency, so the sum is correct under any concurrency.
CREATE FUNCTION billing_purchases_follow() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER billing_purchases_follow AFTER UPDATE OF status ON billing_invoice
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION billing_purchases_follow();

CREATE FUNCTION billing_purchases_in_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.total_purchases := (
        SELECT coalesce(sum(total), 0) FROM billing_invoice
        WHERE customer_id = NEW.id AND currency = NEW.currency AND status IN ('sent', 'paid')
    );
    RETURN NEW;
END $$;
CREATE TRIGGER billing_purchases_in_currency BEFORE UPDATE OF currency ON parties_party
    FOR EACH ROW WHEN (OLD.currency IS DISTINCT FROM NEW.currency) EXECUTE FUNCTION billing_purchases_in_currency();

-- The trigger depth distinguishes UPDATEs by the trigger above from all others.
CREATE FUNCTION billing_purchases_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        PERFORM billing_refuse('billing_total_purchases_derived', 'total_purchases follows from the invoices');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_purchases_begin BEFORE INSERT ON parties_party
    FOR EACH ROW WHEN (NEW.total_purchases <> 0) EXECUTE FUNCTION billing_purchases_derived();
CREATE TRIGGER billing_purchases_derived BEFORE UPDATE OF total_purchases ON parties_party
    FOR EACH ROW WHEN (OLD.total_purchases <> NEW.total_purchases) EXECUTE FUNCTION billing_purchases_derived();
