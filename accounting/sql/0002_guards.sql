-- Accounting doesn't trust its writers. Everything below applies to the application, the back office and psql alike.
-- kernel.constraints has a message for each name in CONSTRAINT (accounting/apps.py).

-- A sub-account has its parent's type.
ALTER TABLE accounting_account ADD CONSTRAINT accounting_account_id_type UNIQUE (id, type);
ALTER TABLE accounting_account ADD CONSTRAINT accounting_account_parent_type
    FOREIGN KEY (parent_id, type) REFERENCES accounting_account (id, type);

-- The chart is a tree. Two concurrent moves could create a cycle that neither of them sees, so they are serialised.
CREATE FUNCTION accounting_account_place() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER accounting_account_place_new BEFORE INSERT ON accounting_account
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION accounting_account_place();
CREATE TRIGGER accounting_account_place BEFORE UPDATE OF parent_id ON accounting_account
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id)
    EXECUTE FUNCTION accounting_account_place();

-- Type and currency can't change after the first posting, the code never. Postings lock their accounts FOR SHARE, so
-- this waits for those in progress and sees them.
CREATE FUNCTION accounting_account_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER accounting_account_fixed BEFORE UPDATE ON accounting_account
    FOR EACH ROW WHEN (NEW.code <> OLD.code OR NEW.type <> OLD.type OR NEW.currency IS DISTINCT FROM OLD.currency)
    EXECUTE FUNCTION accounting_account_fixed();

-- An entry belongs to the transaction that writes it: its number and its start are stored (the number alone could be
-- reused in a restored database). Postings take an advisory lock in shared mode, changes of periods in exclusive mode.
-- So a concurrent posting is either committed before a period closes, or sees it closed. This requires READ COMMITTED,
-- where each statement sees everything that has been committed.
ALTER TABLE accounting_entry ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION accounting_entry_begin() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER accounting_entry_begin BEFORE INSERT ON accounting_entry
    FOR EACH ROW EXECUTE FUNCTION accounting_entry_begin();

CREATE FUNCTION accounting_period_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('accounting_period'));
    RETURN NULL;
END $$;
CREATE TRIGGER accounting_period_alone BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_period
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_period_alone();

-- accounting_refuse('<constraint>', '<sentence>')
CREATE FUNCTION accounting_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[1] USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0];
END $$;
CREATE TRIGGER accounting_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_entry
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_refuse(
        'accounting_entry_append_only', 'journal entries are never changed or deleted');
CREATE TRIGGER accounting_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_line
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_refuse(
        'accounting_line_append_only', 'journal lines are never changed or deleted');

-- For each statement on lines: locks the accounts in the order of their ids, then updates the maintained totals in the
-- same order, so that writers can't deadlock.
CREATE FUNCTION accounting_line_keep() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER accounting_line_keep AFTER INSERT ON accounting_line
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION accounting_line_keep();

-- Only that trigger writes them. Direct statements have a trigger depth of one.
CREATE FUNCTION accounting_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the totals are kept by the journal lines'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'accounting_total_kept';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER accounting_total_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_total
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_kept();
CREATE TRIGGER accounting_month_total_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounting_month_total
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_kept();

-- Leaves space for new versions of the few hot rows on the same page.
ALTER TABLE accounting_total SET (fillfactor = 40);
ALTER TABLE accounting_month_total SET (fillfactor = 40);

-- Checked at commit. The trigger on lines checks the old and the new parent, so that moved or deleted lines are
-- detected even if the trigger above is disabled.
CREATE FUNCTION accounting_check_entry(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION accounting_entry_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounting_check_entry(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounting_entry_check AFTER INSERT ON accounting_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounting_entry_check();

CREATE FUNCTION accounting_line_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM accounting_check_entry(OLD.entry_id);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.entry_id <> OLD.entry_id) THEN
        PERFORM accounting_check_entry(NEW.entry_id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounting_line_check AFTER INSERT OR UPDATE OR DELETE ON accounting_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounting_line_check();
