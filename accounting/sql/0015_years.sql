-- Entries of the opening and closing of a year keep their kind; a reversal has the kind of what it reverses. Nothing is
-- posted in a closed period, nor on the last day of a closed year or before.
CREATE OR REPLACE FUNCTION accounting_entry_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        PERFORM skeleton_refuse('accounting_entry_isolation', 'entries are posted in READ COMMITTED transactions only');
    END IF;
    NEW.xact := pg_current_xact_id();
    NEW.created_at := transaction_timestamp();
    IF NEW.reverses_id IS NOT NULL THEN
        NEW.kind := coalesce((SELECT kind FROM accounting_entry WHERE id = NEW.reverses_id), NEW.kind);
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('accounting_period'));
    IF EXISTS (SELECT 1 FROM accounting_period p
               WHERE p.status = 'closed' AND daterange(p.start_date, p.end_date, '[]') @> NEW.date) THEN
        PERFORM skeleton_refuse('accounting_entry_period_open', format('the period of %s is closed', NEW.date));
    END IF;
    IF EXISTS (SELECT FROM accounting_year_closing y WHERE y.end_date >= NEW.date AND y.reopened_at IS NULL) THEN
        PERFORM skeleton_refuse('accounting_entry_year_open', format('the year of %s is closed', NEW.date));
    END IF;
    RETURN NEW;
END $$;

-- Sub-accounts and postings exclude each other. An account that has both had them before this rule, and may go on.
-- Postings lock their accounts FOR SHARE, so this waits for those in progress and sees them.
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
    PERFORM FROM accounting_account WHERE id = NEW.parent_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM accounting_total WHERE account_id = NEW.parent_id)
       AND NOT EXISTS (SELECT FROM accounting_account WHERE parent_id = NEW.parent_id AND id <> NEW.id) THEN
        PERFORM skeleton_refuse('accounting_account_parent_posted', 'an account with postings gets no sub-accounts');
    END IF;
    RETURN NEW;
END $$;

-- For each statement on lines: locks the accounts in the order of their ids, then updates the maintained totals in the
-- same order, so that writers can't deadlock. The closing of a year clears inactive accounts, too.
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
            WHEN a.id IS NULL OR NOT (a.is_active OR e.kind = 'closing') THEN 'accounting_line_account_active'
            WHEN a.currency <> l.currency THEN 'accounting_line_account_currency'
            WHEN NOT accounting_takes_postings(a.id) THEN 'accounting_line_account_has_children'
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

-- Whether an account takes postings: it has no sub-accounts, or has had postings beside them from the start.
CREATE FUNCTION accounting_takes_postings(account uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM accounting_account c WHERE c.parent_id = account)
           OR EXISTS (SELECT FROM accounting_total t WHERE t.account_id = account)
$$;

-- Debits minus credits of an account and all accounts below it, in one currency.
CREATE FUNCTION accounting_net_with_children(account uuid, coin text) RETURNS numeric LANGUAGE sql STABLE AS $$
    WITH RECURSIVE below AS (
        SELECT account AS id
        UNION
        SELECT c.id FROM accounting_account c JOIN below ON c.parent_id = below.id
    )
    SELECT coalesce(sum(t.debit - t.credit), 0) FROM accounting_total t JOIN below ON below.id = t.account_id
    WHERE t.currency = coin
$$;

-- A fiscal year consists of twelve whole months, so the monthly totals have its sums.
ALTER TABLE accounting_year_closing ADD CONSTRAINT accounting_year_closing_months
    CHECK (extract(day FROM start_date) = 1 AND extract(year FROM start_date) = year
           AND end_date + 1 = (start_date + interval '1 year')::date);

CREATE FUNCTION accounting_year_closing_begin() RETURNS trigger LANGUAGE plpgsql
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

CREATE FUNCTION accounting_year_closing_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    reopening text[] := '{reopened_at,reopened_by_id,updated_at}';
BEGIN
    IF OLD.reopened_at IS NOT NULL OR NEW.reopened_at IS NULL
       OR to_jsonb(NEW) - reopening <> to_jsonb(OLD) - reopening THEN
        PERFORM skeleton_refuse('accounting_year_closing_append_only', 'a closing is only undone, and once');
    ELSIF EXISTS (SELECT FROM accounting_year_closing y WHERE y.end_date > OLD.end_date AND y.reopened_at IS NULL) THEN
        PERFORM skeleton_refuse('accounting_year_closing_later_closed', 'a later year is closed');
    END IF;
    RETURN NEW;
END $$;

-- Compares a closing with its entries: they are dated on the year's last day and move the whole result to equity. Once
-- the year is reopened, each of them is reversed on that same day.
CREATE FUNCTION accounting_check_year_closing(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    closing accounting_year_closing;
BEGIN
    SELECT * INTO closing FROM accounting_year_closing WHERE id = checked;
    IF NOT FOUND OR EXISTS (
        SELECT FROM accounting_entry e
        LEFT JOIN accounting_entry r ON r.reverses_id = e.id
        WHERE e.source_type = 'closing' AND e.source_id = checked
          AND (e.date <> closing.end_date OR coalesce(r.date, closing.end_date) <> closing.end_date
               OR (r.id IS NULL) <> (closing.reopened_at IS NULL)
               OR EXISTS (SELECT FROM accounting_line l JOIN accounting_account a ON a.id = l.account_id
                          WHERE l.entry_id = e.id AND a.type NOT IN ('revenue', 'expense', 'equity')))
    ) THEN
        PERFORM skeleton_refuse('accounting_year_closing_in_books', 'the entries are not those of the year''s closing');
    END IF;
    IF closing.reopened_at IS NULL AND EXISTS (
        SELECT FROM accounting_month_total t JOIN accounting_account a ON a.id = t.account_id
        WHERE a.type IN ('revenue', 'expense') AND t.month <= closing.end_date
        GROUP BY t.account_id, t.currency HAVING sum(t.debit) <> sum(t.credit)
    ) THEN
        PERFORM skeleton_refuse('accounting_year_closing_clears', 'a closed year leaves no balance of income');
    END IF;
END $$;

CREATE FUNCTION accounting_year_closing_check() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM accounting_check_year_closing(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION accounting_entry_of_closing() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM accounting_check_year_closing(
        coalesce((SELECT e.source_id FROM accounting_entry e WHERE e.id = NEW.reverses_id), NEW.source_id));
    RETURN NULL;
END $$;

CREATE TRIGGER accounting_year_closing_alone BEFORE INSERT OR UPDATE ON accounting_year_closing
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_period_alone();
CREATE TRIGGER accounting_year_closing_begin BEFORE INSERT ON accounting_year_closing
    FOR EACH ROW EXECUTE FUNCTION accounting_year_closing_begin();
CREATE TRIGGER accounting_year_closing_change BEFORE UPDATE ON accounting_year_closing
    FOR EACH ROW EXECUTE FUNCTION accounting_year_closing_change();
CREATE TRIGGER accounting_year_closing_permanent BEFORE DELETE OR TRUNCATE ON accounting_year_closing
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('accounting_year_closing_append_only', 'closings are never deleted');
CREATE CONSTRAINT TRIGGER accounting_year_closing_check AFTER INSERT OR UPDATE ON accounting_year_closing
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounting_year_closing_check();
CREATE CONSTRAINT TRIGGER accounting_entry_of_closing AFTER INSERT ON accounting_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'closing')
    EXECUTE FUNCTION accounting_entry_of_closing();
SELECT audit_attach('accounting_year_closing', 'accounting');
