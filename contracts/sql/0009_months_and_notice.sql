-- The day of the month on which a contract ends that is renewed by months. 31 if it ends on the last day of a month: a
-- contract that ends on 30 April then ends on 31 May.
CREATE FUNCTION contracts_renewal_day(last date) RETURNS integer LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN extract(day FROM last + 1) = 1 THEN 31 ELSE extract(day FROM last)::integer END
$$;

-- Whether `last` is that day of its month, or the last day of a shorter one.
CREATE FUNCTION contracts_ends_on_day(last date, renewal_day integer) RETURNS boolean LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT extract(day FROM last) = renewal_day
        OR extract(day FROM last) < renewal_day AND extract(day FROM last + 1) = 1
$$;

ALTER TABLE contracts_contract DISABLE TRIGGER USER;
UPDATE contracts_contract SET renewal_day = contracts_renewal_day(end_date);
ALTER TABLE contracts_contract ENABLE TRIGGER USER;

DROP TRIGGER contracts_contract_audit ON contracts_contract;
CREATE TRIGGER contracts_contract_audit AFTER INSERT OR UPDATE OR DELETE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION audit_row('contracts', '{validity_period,renewal_day}');

-- A new contract is a draft for an active party. If a draft gets another party, that party must be active too.
CREATE OR REPLACE FUNCTION contracts_contract_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.status <> 'draft' OR NEW.version <> 1 OR NEW.renewal_count <> 0) THEN
        PERFORM skeleton_refuse('contracts_contract_begins_as_draft', 'a contract begins as a draft, never renewed');
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.renewal_day := contracts_renewal_day(upper(NEW.validity_period) - 1);
    END IF;
    SELECT status INTO found FROM parties_party WHERE id = NEW.party_id FOR KEY SHARE;
    IF found <> 'active' THEN
        PERFORM skeleton_refuse('contracts_contract_party_usable', 'the party is ' || found);
    END IF;
    RETURN NEW;
END $$;

-- The transitions are those of contracts/state_machine.py. `version` counts the changes since activation and is only set
-- here. Generated columns are not computed yet in a BEFORE trigger, so they are excluded from the comparison.
CREATE OR REPLACE FUNCTION contracts_contract_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept text[] := array['updated_at', 'start_date', 'end_date', 'renewal_day'];
    activated boolean := OLD.status IN ('active', 'expired');
    renewed boolean;
BEGIN
    NEW.renewal_day := CASE
        WHEN NEW.validity_period = OLD.validity_period
             OR OLD.status <> 'draft'
                AND contracts_ends_on_day(upper(NEW.validity_period) - 1, OLD.renewal_day)
        THEN OLD.renewal_day
        ELSE contracts_renewal_day(upper(NEW.validity_period) - 1)
    END;
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
             NEW.renewal_period_months, NEW.max_renewals, NEW.notice_days, NEW.notes)
            IS DISTINCT FROM
            (OLD.contract_type, OLD.party_id, OLD.credit_limit, OLD.auto_renewal, OLD.renewal_period_days,
             OLD.renewal_period_months, OLD.max_renewals, OLD.notice_days, OLD.notes)
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
