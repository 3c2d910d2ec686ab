-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

-- The chart is a tree. Two concurrent moves could create a cycle that neither of them sees, so they are serialised.
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

-- Type and currency can't change after the first posting, the code never. Postings lock their accounts FOR SHARE, so
-- this waits for those in progress and sees them.
CREATE OR REPLACE FUNCTION accounting_account_fixed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.code <> OLD.code THEN
        PERFORM skeleton_refuse('accounting_account_code_fixed', 'the code of an account never changes');
    END IF;
    IF EXISTS (SELECT 1 FROM accounting_line WHERE account_id = OLD.id) THEN
        PERFORM skeleton_refuse('accounting_account_posted',
                                'the account is posted to: its type and currency are fixed');
    END IF;
    RETURN NEW;
END $$;

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

-- For each statement on lines: locks the accounts in the order of their ids, then updates the maintained totals in the
-- same order, so that writers can't deadlock.
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

-- Checked at commit. The trigger on lines checks the old and the new parent, so that moved or deleted lines are
-- detected even if the trigger above is disabled.
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
        PERFORM skeleton_refuse('accounting_entry_two_lines',
                                format('entry %s has %s lines, and needs two', checked, lines), 'check_violation');
    END IF;
    SELECT l.currency, sum(l.debit) AS debit, sum(l.credit) AS credit INTO uneven
    FROM accounting_line l WHERE l.entry_id = checked
    GROUP BY l.currency HAVING sum(l.debit) <> sum(l.credit) LIMIT 1;
    IF FOUND THEN
        PERFORM skeleton_refuse(
            'accounting_entry_balanced',
            format('entry %s is not balanced: debit %s %s, credit %s %s',
                   checked, uneven.debit, uneven.currency, uneven.credit, uneven.currency), 'check_violation');
    END IF;
    IF reversed IS NOT NULL AND EXISTS (
        SELECT 1 FROM (
            SELECT account_id, currency, debit - credit AS amount FROM accounting_line WHERE entry_id = checked
            UNION ALL
            SELECT account_id, currency, debit - credit FROM accounting_line WHERE entry_id = reversed
        ) AS both_entries
        GROUP BY account_id, currency HAVING sum(amount) <> 0
    ) THEN
        PERFORM skeleton_refuse('accounting_entry_undoes',
                                format('entry %s does not undo entry %s', checked, reversed), 'check_violation');
    END IF;
END $$;

-- Except for the reversal, on the same day, of an entry that was posted further ahead, since there is no other way to
-- undo it.
CREATE OR REPLACE FUNCTION accounting_entry_date_ahead() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.date IS DISTINCT FROM (SELECT e.date FROM accounting_entry e WHERE e.id = NEW.reverses_id) THEN
        PERFORM skeleton_refuse('accounting_entry_date_ahead',
                                format('an entry is dated at most a year ahead, not %s', NEW.date), 'check_violation');
    END IF;
    RETURN NEW;
END $$;

ALTER FUNCTION accounting_period_alone() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION accounting_entry_check() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION accounting_line_check() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE OR REPLACE TRIGGER accounting_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_entry
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never(
        'accounting_entry_append_only', 'journal entries are never changed or deleted');
CREATE OR REPLACE TRIGGER accounting_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_line
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never(
        'accounting_line_append_only', 'journal lines are never changed or deleted');
-- Only accounting_line_keep writes them. Direct statements have a trigger depth of zero.
CREATE OR REPLACE TRIGGER accounting_total_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_total
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('accounting_total_kept', 'the totals are kept by the journal lines');
CREATE OR REPLACE TRIGGER accounting_month_total_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_month_total
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('accounting_total_kept', 'the totals are kept by the journal lines');

DROP FUNCTION accounting_refuse();
DROP FUNCTION accounting_kept();
