-- The account of a tax code stays able to take postings: documents that have the code could be neither sent nor credited.
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
    IF EXISTS (SELECT FROM accounting_tax_code WHERE account_id = NEW.parent_id) THEN
        PERFORM skeleton_refuse('accounting_account_parent_of_taxes', 'a tax code posts to the account');
    END IF;
    IF EXISTS (SELECT FROM accounting_total WHERE account_id = NEW.parent_id)
       AND NOT EXISTS (SELECT FROM accounting_account WHERE parent_id = NEW.parent_id AND id <> NEW.id) THEN
        PERFORM skeleton_refuse('accounting_account_parent_posted', 'an account with postings gets no sub-accounts');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION accounting_account_of_taxes() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM accounting_tax_code WHERE account_id = NEW.id) THEN
        PERFORM skeleton_refuse('accounting_account_of_taxes', 'a tax code posts to the account');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_account_of_taxes BEFORE UPDATE ON accounting_account FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active
          OR OLD.type IN ('asset', 'liability') AND NEW.type NOT IN ('asset', 'liability'))
    EXECUTE FUNCTION accounting_account_of_taxes();

-- Changes of the account wait for this lock, and then find the tax code. Accounts from before this rule may stay.
CREATE FUNCTION accounting_tax_code_account() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.account_id IS NOT DISTINCT FROM OLD.account_id THEN
        RETURN NEW;
    END IF;
    PERFORM FROM accounting_account WHERE id = NEW.account_id FOR SHARE;
    IF EXISTS (SELECT FROM accounting_account a WHERE a.id = NEW.account_id
               AND NOT (a.is_active AND accounting_takes_postings(a.id))) THEN
        PERFORM skeleton_refuse('accounting_tax_code_account', 'the account of a tax code takes postings');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounting_tax_code_account BEFORE INSERT OR UPDATE OF account_id ON accounting_tax_code
    FOR EACH ROW WHEN (NEW.account_id IS NOT NULL) EXECUTE FUNCTION accounting_tax_code_account();
