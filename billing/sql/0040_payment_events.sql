-- What a payment settles and gives back is kept by triggers and left out of its audit entries, but its GET shows it.
CREATE FUNCTION billing_payment_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM events_add('billing_payment', 'UPDATE', 'invoices', NEW.id, NULL, NULL, array_remove(ARRAY[
        CASE WHEN OLD.allocated <> NEW.allocated THEN 'allocated' END,
        CASE WHEN OLD.refunded <> NEW.refunded THEN 'refunded' END], NULL));
    RETURN NULL;
END $$;
CREATE TRIGGER billing_payment_event AFTER UPDATE ON billing_payment FOR EACH ROW
    WHEN (OLD.allocated <> NEW.allocated OR OLD.refunded <> NEW.refunded) EXECUTE FUNCTION billing_payment_event();
