DROP TRIGGER accounting_entry_of_closing ON accounting_entry;
DROP TRIGGER accounting_year_closing_alone ON accounting_year_closing;
DROP TRIGGER accounting_year_closing_begin ON accounting_year_closing;
DROP TRIGGER accounting_year_closing_change ON accounting_year_closing;
DROP TRIGGER accounting_year_closing_permanent ON accounting_year_closing;
DROP TRIGGER accounting_year_closing_check ON accounting_year_closing;
SELECT audit_detach('accounting_year_closing');
ALTER TABLE accounting_year_closing DROP CONSTRAINT accounting_year_closing_months;

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

CREATE OR REPLACE FUNCTION accounting_account_place() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('accounting_account_tree'));
    IF EXISTS (
        WITH RECURSIVE above AS (
            SELECT NEW.parent_id AS id
            UNION
            SELECT a.parent_id FROM accounting_account a JOIN above ON a.id = above.id WHERE a.parent_id IS NOT NULL
        )
        SELECT 1 FROM above WHERE id = NEW.id
    ) THEN
        PERFORM skeleton_refuse('accounting_account_no_cycle', 'an account cannot be below itself', 'check_violation');
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION accounting_line_keep() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    broken text;
BEGIN
    PERFORM 1 FROM accounting_account a WHERE a.id IN (SELECT account_id FROM new_lines) ORDER BY a.id FOR SHARE;

    SELECT checked.name INTO broken
    FROM (
        SELECT CASE
            WHEN e.id IS NULL OR e.xact <> pg_current_xact_id() OR e.created_at <> transaction_timestamp()
                THEN 'accounting_line_same_transaction'
            WHEN l.date <> e.date THEN 'accounting_line_date'
            WHEN a.id IS NULL OR NOT a.is_active THEN 'accounting_line_account_active'
            WHEN a.currency <> l.currency THEN 'accounting_line_account_currency'
        END AS name
        FROM new_lines l
        LEFT JOIN accounting_entry e ON e.id = l.entry_id
        LEFT JOIN accounting_account a ON a.id = l.account_id
    ) AS checked
    WHERE checked.name IS NOT NULL LIMIT 1;
    IF broken IS NOT NULL THEN
        PERFORM skeleton_refuse(broken, format('a journal line breaks %s', broken), 'check_violation');
    END IF;

    INSERT INTO accounting_total AS t (account_id, currency, debit, credit)
    SELECT account_id, currency, sum(debit), sum(credit) FROM new_lines GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (account_id, currency) DO UPDATE
        SET debit = t.debit + excluded.debit, credit = t.credit + excluded.credit;

    INSERT INTO accounting_month_total AS t (account_id, currency, month, debit, credit)
    SELECT account_id, currency, date_trunc('month', date)::date, sum(debit), sum(credit)
    FROM new_lines GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, currency, month) DO UPDATE
        SET debit = t.debit + excluded.debit, credit = t.credit + excluded.credit;
    RETURN NULL;
END $$;

DROP FUNCTION accounting_entry_of_closing();
DROP FUNCTION accounting_year_closing_check();
DROP FUNCTION accounting_check_year_closing(uuid);
DROP FUNCTION accounting_year_closing_change();
DROP FUNCTION accounting_year_closing_begin();
DROP FUNCTION accounting_net_with_children(uuid, text);
DROP FUNCTION accounting_takes_postings(uuid);
