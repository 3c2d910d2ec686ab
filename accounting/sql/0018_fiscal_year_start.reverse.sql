DROP TRIGGER accounting_company_fiscal_year ON company_company;
DROP FUNCTION accounting_company_fiscal_year();

CREATE OR REPLACE FUNCTION accounting_year_closing_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    closed_until date;
BEGIN
    SELECT max(end_date) INTO closed_until FROM accounting_year_closing WHERE reopened_at IS NULL;
    IF NEW.reopened_at IS NOT NULL THEN
        PERFORM skeleton_refuse('accounting_year_closing_append_only', 'a year is closed before it is reopened');
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
