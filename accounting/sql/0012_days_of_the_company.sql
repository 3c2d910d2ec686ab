-- An entry is dated at most a year ahead of the company's day. Except for the reversal, on the same day, of an entry that
-- was posted further ahead, since there is no other way to undo it.
DROP TRIGGER accounting_entry_date_ahead ON accounting_entry;
CREATE OR REPLACE FUNCTION accounting_entry_date_ahead() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.date > company_today() + interval '1 year'
       AND NEW.date IS DISTINCT FROM (SELECT e.date FROM accounting_entry e WHERE e.id = NEW.reverses_id) THEN
        PERFORM skeleton_refuse('accounting_entry_date_ahead',
                                format('an entry is dated at most a year ahead, not %s', NEW.date), 'check_violation');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_entry_date_ahead BEFORE INSERT ON accounting_entry
    FOR EACH ROW EXECUTE FUNCTION accounting_entry_date_ahead();

-- The books are kept in the days of one time zone. Those that were begun before there was a zone are in UTC.
CREATE FUNCTION accounting_company_zone() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.time_zone ELSE 'UTC' END;
BEGIN
    IF NEW.time_zone <> kept AND EXISTS (SELECT FROM accounting_entry) THEN
        PERFORM skeleton_refuse('accounting_company_zone', 'the books are kept in the days of ' || kept);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_company_zone BEFORE INSERT OR UPDATE OF time_zone ON company_company
    FOR EACH ROW EXECUTE FUNCTION accounting_company_zone();
