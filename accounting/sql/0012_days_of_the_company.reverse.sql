DROP TRIGGER accounting_company_zone ON company_company;
DROP FUNCTION accounting_company_zone();

DROP TRIGGER accounting_entry_date_ahead ON accounting_entry;
CREATE OR REPLACE FUNCTION accounting_entry_date_ahead() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.date IS DISTINCT FROM (SELECT e.date FROM accounting_entry e WHERE e.id = NEW.reverses_id) THEN
        PERFORM skeleton_refuse('accounting_entry_date_ahead',
                                format('an entry is dated at most a year ahead, not %s', NEW.date), 'check_violation');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_entry_date_ahead BEFORE INSERT ON accounting_entry
    FOR EACH ROW WHEN (NEW.date > (clock_timestamp() AT TIME ZONE 'UTC')::date + interval '1 year')
    EXECUTE FUNCTION accounting_entry_date_ahead();
