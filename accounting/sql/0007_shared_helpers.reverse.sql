-- accounting_refuse('<constraint>', '<sentence>')
CREATE FUNCTION accounting_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[1] USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0];
END $$;

-- Only that trigger writes them. Direct statements have a trigger depth of one.
CREATE FUNCTION accounting_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the totals are kept by the journal lines'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'accounting_total_kept';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER accounting_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_entry
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_refuse(
        'accounting_entry_append_only', 'journal entries are never changed or deleted');
CREATE OR REPLACE TRIGGER accounting_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_line
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_refuse(
        'accounting_line_append_only', 'journal lines are never changed or deleted');
CREATE OR REPLACE TRIGGER accounting_total_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_total
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_kept();
CREATE OR REPLACE TRIGGER accounting_month_total_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_month_total
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_kept();

CREATE OR REPLACE FUNCTION accounting_account_place() RETURNS trigger LANGUAGE plpgsql AS $$
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
        RAISE EXCEPTION 'an account cannot be below itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_account_no_cycle';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION accounting_account_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.code <> OLD.code THEN
        RAISE EXCEPTION 'the code of an account never changes'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'accounting_account_code_fixed';
    END IF;
    IF EXISTS (SELECT 1 FROM accounting_line WHERE account_id = OLD.id) THEN
        RAISE EXCEPTION 'the account is posted to: its type and currency are fixed'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'accounting_account_posted';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION accounting_entry_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'entries are posted in READ COMMITTED transactions only'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'accounting_entry_isolation';
    END IF;
    NEW.xact := pg_current_xact_id();
    NEW.created_at := transaction_timestamp();
    PERFORM pg_advisory_xact_lock_shared(hashtext('accounting_period'));
    IF EXISTS (SELECT 1 FROM accounting_period p
               WHERE p.status = 'closed' AND daterange(p.start_date, p.end_date, '[]') @> NEW.date) THEN
        RAISE EXCEPTION 'the period of % is closed', NEW.date
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'accounting_entry_period_open';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION accounting_line_keep() RETURNS trigger LANGUAGE plpgsql AS $$
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
        RAISE EXCEPTION 'a journal line breaks %', broken USING ERRCODE = 'check_violation', CONSTRAINT = broken;
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

CREATE OR REPLACE FUNCTION accounting_check_entry(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lines bigint;
    uneven record;
    reversed uuid;
BEGIN
    SELECT e.reverses_id INTO reversed FROM accounting_entry e WHERE e.id = checked;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT count(*) INTO lines FROM accounting_line l WHERE l.entry_id = checked;
    IF lines < 2 THEN
        RAISE EXCEPTION 'entry % has % lines, and needs two', checked, lines
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_entry_two_lines';
    END IF;
    SELECT l.currency, sum(l.debit) AS debit, sum(l.credit) AS credit INTO uneven
    FROM accounting_line l WHERE l.entry_id = checked
    GROUP BY l.currency HAVING sum(l.debit) <> sum(l.credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % is not balanced: debit % %, credit % %',
            checked, uneven.debit, uneven.currency, uneven.credit, uneven.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_entry_balanced';
    END IF;
    IF reversed IS NOT NULL AND EXISTS (
        SELECT 1 FROM (
            SELECT account_id, currency, debit - credit AS amount FROM accounting_line WHERE entry_id = checked
            UNION ALL
            SELECT account_id, currency, debit - credit FROM accounting_line WHERE entry_id = reversed
        ) AS both_entries
        GROUP BY account_id, currency HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'entry % does not undo entry %', checked, reversed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_entry_undoes';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION accounting_entry_date_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.date IS DISTINCT FROM (SELECT e.date FROM accounting_entry e WHERE e.id = NEW.reverses_id) THEN
        RAISE EXCEPTION 'an entry is dated at most a year ahead, not %', NEW.date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_entry_date_ahead';
    END IF;
    RETURN NEW;
END $$;

ALTER FUNCTION accounting_period_alone() SECURITY INVOKER RESET search_path;
ALTER FUNCTION accounting_entry_check() SECURITY INVOKER RESET search_path;
ALTER FUNCTION accounting_line_check() SECURITY INVOKER RESET search_path;
