SELECT skeleton_allow_any_isolation(
    'accounting_account',
    'accounting_entry',
    'accounting_line',
    'accounting_period'
);

CREATE OR REPLACE FUNCTION accounting_entry_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        PERFORM skeleton_refuse('accounting_entry_isolation', 'entries are posted in READ COMMITTED transactions only');
    END IF;
    NEW.xact := pg_current_xact_id();
    NEW.created_at := transaction_timestamp();
    PERFORM pg_advisory_xact_lock_shared(hashtext('accounting_period'));
    IF EXISTS (SELECT 1 FROM accounting_period p
               WHERE p.status = 'closed' AND daterange(p.start_date, p.end_date, '[]') @> NEW.date) THEN
        PERFORM skeleton_refuse('accounting_entry_period_open', format('the period of %s is closed', NEW.date));
    END IF;
    RETURN NEW;
END $$;
