-- The lifecycle of a contract, for all writers: the API, the back office, the daily run and psql.
--
-- Lock order: the party before the contract (a share lock, so that it can't be blacklisted in between).

CREATE FUNCTION contracts_refuse(rule text, explanation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', explanation USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = rule;
END $$;

-- contracts_never('<rule>', '<explanation>'): trigger that always refuses.
CREATE FUNCTION contracts_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM contracts_refuse(TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;

-- A new contract is a draft for an active party. If a draft gets another party, that party must be active too.
CREATE FUNCTION contracts_contract_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.status <> 'draft' OR NEW.version <> 1 OR NEW.renewal_count <> 0) THEN
        PERFORM contracts_refuse('contracts_contract_begins_as_draft', 'a contract begins as a draft, never renewed');
    END IF;
    SELECT status INTO found FROM parties_party WHERE id = NEW.party_id FOR KEY SHARE;
    IF found <> 'active' THEN
        PERFORM contracts_refuse('contracts_contract_party_usable', 'the party is ' || found);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_contract_begin BEFORE INSERT ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION contracts_contract_begin();
CREATE TRIGGER contracts_contract_turned_over BEFORE UPDATE OF party_id ON contracts_contract
    FOR EACH ROW WHEN (OLD.party_id IS DISTINCT FROM NEW.party_id) EXECUTE FUNCTION contracts_contract_begin();

-- The transitions are those of contracts/machine.py. `version` counts the changes since activation and is only set
-- here. Generated columns are not computed yet in a BEFORE trigger, so they are excluded from the comparison.
CREATE FUNCTION contracts_contract_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text[] := array['updated_at', 'start_date', 'end_date'];
    activated boolean := OLD.status IN ('active', 'expired');
    renewed boolean;
BEGIN
    IF to_jsonb(OLD) - kept = to_jsonb(NEW) - kept THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'terminated' THEN
        PERFORM contracts_refuse('contracts_contract_terminated', 'a terminated contract stays as it is');
    END IF;
    IF (NEW.id, NEW.created_at, NEW.created_by_id) IS DISTINCT FROM (OLD.id, OLD.created_at, OLD.created_by_id) THEN
        PERFORM contracts_refuse('contracts_contract_identity', 'who made a contract, and when, stays');
    END IF;
    IF NEW.version <> OLD.version THEN
        PERFORM contracts_refuse('contracts_contract_version_derived', 'the version counts by itself');
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status IN ('pending_approval', 'active')
        WHEN 'pending_approval' THEN NEW.status IN ('draft', 'active', 'terminated')
        WHEN 'active' THEN NEW.status IN ('expired', 'terminated')
        WHEN 'expired' THEN NEW.status IN ('active', 'terminated')
        ELSE false
    END) THEN
        PERFORM contracts_refuse('contracts_contract_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status <> 'draft'
       AND ((NEW.contract_type, NEW.party_id, NEW.credit_limit, NEW.auto_renewal, NEW.renewal_period_days,
             NEW.max_renewals, NEW.notes)
            IS DISTINCT FROM
            (OLD.contract_type, OLD.party_id, OLD.credit_limit, OLD.auto_renewal, OLD.renewal_period_days,
             OLD.max_renewals, OLD.notes)
         OR activated AND NEW.signed_at IS DISTINCT FROM OLD.signed_at) THEN
        PERFORM contracts_refuse('contracts_contract_frozen', 'only a draft can be changed in this way');
    END IF;
    renewed := activated AND NEW.status = 'active' AND NEW.renewal_count = OLD.renewal_count + 1
        AND lower(NEW.validity_period) = lower(OLD.validity_period)
        AND upper(NEW.validity_period) > upper(OLD.validity_period);
    IF renewed IS NOT TRUE
       AND (NEW.renewal_count <> OLD.renewal_count
            OR OLD.status <> 'draft' AND NEW.validity_period <> OLD.validity_period
            OR OLD.status = 'expired' AND NEW.status = 'active') THEN
        PERFORM contracts_refuse('contracts_contract_renewal', 'a renewal moves the end on, and counts');
    END IF;
    IF activated THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_contract_change BEFORE UPDATE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION contracts_contract_change();
CREATE TRIGGER contracts_contract_permanent BEFORE DELETE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION contracts_never('contracts_contract_permanent', 'contracts are never deleted');
CREATE TRIGGER contracts_contract_no_truncate BEFORE TRUNCATE ON contracts_contract
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_never('contracts_contract_permanent', 'contracts are never deleted');

-- A version has the terms between one change and the next, and who changed them, from the same setting as the audit
-- log.
CREATE FUNCTION contracts_contract_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb;
BEGIN
    INSERT INTO contracts_version (
        id, contract_id, version, action, status, changed_at, changed_by_id,
        payment_type, credit_days, penalty_rate, discount_rate, currency,
        delivery_type, estimated_days, shipping_cost, shipping_currency, insurance, validity_period, credit_limit)
    VALUES (
        skeleton_uuid7(), NEW.id, NEW.version, coalesce(context->>'action', lower(TG_OP)), NEW.status, clock_timestamp(),
        (context->>'actor_id')::uuid,
        NEW.payment_type, NEW.credit_days, NEW.penalty_rate, NEW.discount_rate, NEW.currency,
        NEW.delivery_type, NEW.estimated_days, NEW.shipping_cost, NEW.shipping_currency, NEW.insurance,
        NEW.validity_period, NEW.credit_limit);
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_contract_keep_version AFTER UPDATE ON contracts_contract
    FOR EACH ROW WHEN (NEW.version <> OLD.version OR OLD.signed_at IS NULL AND NEW.signed_at IS NOT NULL)
    EXECUTE FUNCTION contracts_contract_keep_version();
CREATE TRIGGER contracts_version_of_contract BEFORE INSERT ON contracts_version
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION contracts_never('contracts_contract_version_derived', 'versions follow from the contract');
CREATE TRIGGER contracts_version_append_only BEFORE UPDATE OR DELETE ON contracts_version
    FOR EACH ROW EXECUTE FUNCTION contracts_never('contracts_version_append_only', 'versions are append-only');
CREATE TRIGGER contracts_version_no_truncate BEFORE TRUNCATE ON contracts_version
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_never('contracts_version_append_only', 'versions are append-only');

-- A cycle is settled once (by the unique constraint) and must match the contract, so it is written after the contract.
CREATE FUNCTION contracts_cycle_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM contracts_contract
    WHERE id = NEW.contract_id
      AND CASE NEW.outcome
          WHEN 'renewed' THEN status = 'active' AND end_date = NEW.renewed_until
          ELSE status = 'expired' AND end_date = NEW.ended_on
      END;
    IF NOT FOUND THEN
        PERFORM contracts_refuse('contracts_cycle_fits_contract', 'the contract did not ' || NEW.outcome);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_cycle_settled BEFORE INSERT ON contracts_cycle
    FOR EACH ROW EXECUTE FUNCTION contracts_cycle_settled();
CREATE TRIGGER contracts_cycle_append_only BEFORE UPDATE OR DELETE ON contracts_cycle
    FOR EACH ROW EXECUTE FUNCTION contracts_never('contracts_cycle_append_only', 'cycles are append-only');
CREATE TRIGGER contracts_cycle_no_truncate BEFORE TRUNCATE ON contracts_cycle
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_never('contracts_cycle_append_only', 'cycles are append-only');
