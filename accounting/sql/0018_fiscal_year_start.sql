-- Closed years keep their first month, so that the calendar has no gap and no day twice. A closing in progress holds the same
-- lock, and the month is read once it is held. A company whose month was changed before this rule may change it back.
CREATE FUNCTION accounting_company_fiscal_year() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept smallint := CASE WHEN TG_OP = 'UPDATE' THEN OLD.fiscal_year_start ELSE 1 END;
BEGIN
    IF NEW.fiscal_year_start = kept THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('accounting_period'));
    IF EXISTS (SELECT FROM accounting_year_closing y
               WHERE y.reopened_at IS NULL AND extract(month FROM y.start_date) <> NEW.fiscal_year_start) THEN
        PERFORM skeleton_refuse('accounting_company_fiscal_year', 'closed years begin in another month');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_company_fiscal_year BEFORE INSERT OR UPDATE OF fiscal_year_start ON company_company
    FOR EACH ROW EXECUTE FUNCTION accounting_company_fiscal_year();

CREATE OR REPLACE FUNCTION accounting_year_closing_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    closed_until date;
BEGIN
    SELECT max(end_date) INTO closed_until FROM accounting_year_closing WHERE reopened_at IS NULL;
    IF NEW.reopened_at IS NOT NULL THEN
        PERFORM skeleton_refuse('accounting_year_closing_append_only', 'a year is closed before it is reopened');
    ELSIF extract(month FROM NEW.start_date) <> coalesce((SELECT fiscal_year_start FROM company_company), 1) THEN
        PERFORM skeleton_refuse('accounting_year_closing_month', 'the company''s fiscal years begin in another month');
    ELSIF closed_until >= NEW.end_date
          OR EXISTS (SELECT FROM accounting_period p
                     WHERE p.status = 'closed' AND daterange(p.start_date, p.end_date, '[]') @> NEW.end_date) THEN
        PERFORM skeleton_refuse('accounting_year_closing_day_open', 'the last day of the year is closed');
    ELSIF EXISTS (SELECT FROM accounting_entry e
                  WHERE e.date < NEW.start_date AND e.date > coalesce(closed_until, '-infinity')) THEN
        PERFORM skeleton_refuse('accounting_year_closing_earlier_open', 'an earlier year with movements is open');
    END IF;
    RETURN NEW;
END $$;
