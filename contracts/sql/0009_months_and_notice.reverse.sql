DROP TRIGGER contracts_contract_audit ON contracts_contract;
CREATE TRIGGER contracts_contract_audit AFTER INSERT OR UPDATE OR DELETE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION audit_row('contracts', '{validity_period}');

-- A new contract is a draft for an active party. If a draft gets another party, that party must be active too.
CREATE OR REPLACE FUNCTION contracts_contract_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.status <> 'draft' OR NEW.version <> 1 OR NEW.renewal_count <> 0) THEN
        PERFORM skeleton_refuse('contracts_contract_begins_as_draft', 'a contract begins as a draft, never renewed');
    END IF;
    SELECT status INTO found FROM parties_party WHERE id = NEW.party_id FOR KEY SHARE;
    IF found <> 'active' THEN
        PERFORM skeleton_refuse('contracts_contract_party_usable', 'the party is ' || found);
    END IF;
    RETURN NEW;
END $$;

-- The transitions are those of contracts/machine.py. `version` counts the changes since activation and is only set
-- here. Generated columns are not computed yet in a BEFORE trigger, so they are excluded from the comparison.
CREATE OR REPLACE FUNCTION contracts_contract_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept text[] := array['updated_at', 'start_date', 'end_date'];
    activated boolean := OLD.status IN ('active', 'expired');
    renewed boolean;
BEGIN
    IF to_jsonb(OLD) - kept = to_jsonb(NEW) - kept THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'terminated' THEN
        PERFORM skeleton_refuse('contracts_contract_terminated', 'a terminated contract stays as it is');
    END IF;
    IF (NEW.id, NEW.created_at, NEW.created_by_id) IS DISTINCT FROM (OLD.id, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('contracts_contract_identity', 'who made a contract, and when, stays');
    END IF;
    IF NEW.version <> OLD.version THEN
        PERFORM skeleton_refuse('contracts_contract_version_derived', 'the version counts by itself');
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status IN ('pending_approval', 'active')
        WHEN 'pending_approval' THEN NEW.status IN ('draft', 'active', 'terminated')
        WHEN 'active' THEN NEW.status IN ('expired', 'terminated')
        WHEN 'expired' THEN NEW.status IN ('active', 'terminated')
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('contracts_contract_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status <> 'draft'
       AND ((NEW.contract_type, NEW.party_id, NEW.credit_limit, NEW.auto_renewal, NEW.renewal_period_days,
             NEW.max_renewals, NEW.notes)
            IS DISTINCT FROM
            (OLD.contract_type, OLD.party_id, OLD.credit_limit, OLD.auto_renewal, OLD.renewal_period_days,
             OLD.max_renewals, OLD.notes)
         OR activated AND NEW.signed_at IS DISTINCT FROM OLD.signed_at) THEN
        PERFORM skeleton_refuse('contracts_contract_frozen', 'only a draft can be changed in this way');
    END IF;
    renewed := activated AND NEW.status = 'active' AND NEW.renewal_count = OLD.renewal_count + 1
        AND lower(NEW.validity_period) = lower(OLD.validity_period)
        AND upper(NEW.validity_period) > upper(OLD.validity_period);
    IF renewed IS NOT TRUE
       AND (NEW.renewal_count <> OLD.renewal_count
            OR OLD.status <> 'draft' AND NEW.validity_period <> OLD.validity_period
            OR OLD.status = 'expired' AND NEW.status = 'active') THEN
        PERFORM skeleton_refuse('contracts_contract_renewal', 'a renewal moves the end on, and counts');
    END IF;
    IF activated THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION contracts_ends_on_day(date, integer);
DROP FUNCTION contracts_renewal_day(date);
