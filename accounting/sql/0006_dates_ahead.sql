-- Except for the reversal, on the same day, of an entry that was posted further ahead, since there is no other way to
-- undo it.
CREATE FUNCTION accounting_entry_date_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.date IS DISTINCT FROM (SELECT e.date FROM accounting_entry e WHERE e.id = NEW.reverses_id) THEN
        RAISE EXCEPTION 'an entry is dated at most a year ahead, not %', NEW.date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_entry_date_ahead';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_entry_date_ahead BEFORE INSERT ON accounting_entry
    FOR EACH ROW WHEN (NEW.date > (clock_timestamp() AT TIME ZONE 'UTC')::date + interval '1 year')
    EXECUTE FUNCTION accounting_entry_date_ahead();
