DROP TRIGGER accounting_tax_code_account ON accounting_tax_code;
DROP FUNCTION accounting_tax_code_account();
DROP TRIGGER accounting_account_of_taxes ON accounting_account;
DROP FUNCTION accounting_account_of_taxes();

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
