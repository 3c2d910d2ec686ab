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
