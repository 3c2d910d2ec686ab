-- The rules of these tables decide from other rows, so they need the rows as they are once a lock is held.
SELECT skeleton_require_read_committed(
    'accounting_account',
    'accounting_entry',
    'accounting_line',
    'accounting_period'
);

-- The isolation level is no longer checked here.
CREATE OR REPLACE FUNCTION accounting_entry_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.xact := pg_current_xact_id();
    NEW.created_at := transaction_timestamp();
    PERFORM pg_advisory_xact_lock_shared(hashtext('accounting_period'));
    IF EXISTS (SELECT 1 FROM accounting_period p
               WHERE p.status = 'closed' AND daterange(p.start_date, p.end_date, '[]') @> NEW.date) THEN
        PERFORM skeleton_refuse('accounting_entry_period_open', format('the period of %s is closed', NEW.date));
    END IF;
    RETURN NEW;
END $$;
