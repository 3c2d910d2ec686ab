-- The schema of contracts as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in contracts/sql.

-- contracts_contract --------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE contracts_contract (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    payment_type character varying(8) NOT NULL,
    credit_days integer,
    penalty_rate numeric(7,4),
    discount_rate numeric(7,4),
    currency character varying(3) NOT NULL,
    delivery_type character varying(8) NOT NULL,
    estimated_days integer,
    shipping_cost bigint,
    shipping_currency character varying(3),
    insurance boolean NOT NULL,
    validity_period daterange NOT NULL,
    start_date date GENERATED ALWAYS AS (lower(validity_period)) STORED,
    end_date date GENERATED ALWAYS AS ((upper(validity_period) - 1)) STORED,
    credit_limit bigint NOT NULL,
    contract_type character varying(11) NOT NULL,
    status character varying(16) NOT NULL,
    auto_renewal boolean NOT NULL,
    renewal_period_days integer,
    renewal_count integer NOT NULL,
    max_renewals integer NOT NULL,
    notes text,
    version integer NOT NULL,
    signed_at timestamp with time zone,
    rejection_reason text,
    terminated_at timestamp with time zone,
    termination_reason text,
    created_by_id uuid,
    party_id uuid NOT NULL,
    notice_days integer,
    renewal_day integer,
    renewal_period_months integer,
    terminates_on date,
    CONSTRAINT contracts_contract_pkey PRIMARY KEY (id),
    CONSTRAINT contracts_contract_credit_days_bounds CHECK (credit_days IS NULL OR credit_days >= 0 AND credit_days <= 36500),
    CONSTRAINT contracts_contract_credit_has_days CHECK (NOT payment_type::text = 'credit'::text OR credit_days > 0 AND credit_days IS NOT NULL),
    CONSTRAINT contracts_contract_credit_limit_positive CHECK (credit_limit >= 0),
    CONSTRAINT contracts_contract_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT contracts_contract_delivery_type_known CHECK (delivery_type::text = ANY (ARRAY['delivery'::character varying, 'pickup'::character varying, 'digital'::character varying]::text[])),
    CONSTRAINT contracts_contract_discount_rate_bounds CHECK (discount_rate IS NULL OR discount_rate >= 0::numeric AND discount_rate <= 100::numeric),
    CONSTRAINT contracts_contract_end_after_start CHECK (NOT isempty(validity_period)),
    CONSTRAINT contracts_contract_estimated_days_bounds CHECK (estimated_days IS NULL OR estimated_days >= 0 AND estimated_days <= 36500),
    CONSTRAINT contracts_contract_notice_days_bounds CHECK (notice_days IS NULL OR notice_days >= 0 AND notice_days <= 36500),
    CONSTRAINT contracts_contract_one_renewal_period CHECK (renewal_period_days IS NULL OR renewal_period_months IS NULL),
    CONSTRAINT contracts_contract_payment_type_known CHECK (payment_type::text = ANY (ARRAY['prepaid'::character varying, 'postpaid'::character varying, 'credit'::character varying]::text[])),
    CONSTRAINT contracts_contract_penalty_rate_bounds CHECK (penalty_rate IS NULL OR penalty_rate >= 0::numeric AND penalty_rate <= 100::numeric),
    CONSTRAINT contracts_contract_period_bounded CHECK (NOT lower_inf(validity_period) AND lower(validity_period) >= '0001-01-01'::date AND (upper_inf(validity_period) OR upper(validity_period) <= '9999-12-31'::date)),
    CONSTRAINT contracts_contract_rejection_fits_status CHECK (status::text = 'draft'::text OR rejection_reason IS NULL),
    CONSTRAINT contracts_contract_renewal_has_end CHECK (NOT auto_renewal OR NOT upper_inf(validity_period)),
    CONSTRAINT contracts_contract_renewal_has_period CHECK (NOT auto_renewal OR renewal_period_days IS NOT NULL OR renewal_period_months IS NOT NULL),
    CONSTRAINT contracts_contract_renewal_months_bounds CHECK (renewal_period_months IS NULL OR renewal_period_months >= 1 AND renewal_period_months <= 1200),
    CONSTRAINT contracts_contract_renewal_period_bounds CHECK (renewal_period_days IS NULL OR renewal_period_days >= 1 AND renewal_period_days <= 36500),
    CONSTRAINT contracts_contract_renewals_within_cap CHECK (max_renewals >= 0 AND renewal_count >= 0 AND (max_renewals = 0 OR renewal_count <= max_renewals)),
    CONSTRAINT contracts_contract_shipping_cost_positive CHECK (shipping_cost IS NULL OR shipping_cost >= 0),
    CONSTRAINT contracts_contract_shipping_currency_form CHECK (shipping_currency IS NULL OR shipping_currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT contracts_contract_signed_fits_status CHECK (signed_at IS NULL AND (status::text = ANY (ARRAY['draft'::character varying, 'pending_approval'::character varying]::text[])) AND version = 1 OR signed_at IS NOT NULL AND (status::text = ANY (ARRAY['active'::character varying, 'expired'::character varying]::text[])) OR status::text = 'terminated'::text),
    CONSTRAINT contracts_contract_status_known CHECK (status::text = ANY (ARRAY['draft'::character varying, 'pending_approval'::character varying, 'active'::character varying, 'expired'::character varying, 'terminated'::character varying]::text[])),
    CONSTRAINT contracts_contract_termination_fits_status CHECK (status::text = 'terminated'::text AND terminated_at IS NOT NULL AND termination_reason IS NOT NULL OR status::text = 'active'::text AND terminated_at IS NULL AND terminates_on IS NOT NULL AND termination_reason IS NOT NULL OR NOT status::text = 'terminated'::text AND terminated_at IS NULL AND terminates_on IS NULL AND termination_reason IS NULL),
    CONSTRAINT contracts_contract_type_known CHECK (contract_type::text = ANY (ARRAY['supply'::character varying, 'service'::character varying, 'employment'::character varying, 'partnership'::character varying, 'lease'::character varying, 'license'::character varying]::text[])),
    CONSTRAINT contracts_contract_created_by_id_1552fda4_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT contracts_contract_party_id_1631bdc3_fk_parties_party_id FOREIGN KEY (party_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX contracts_contract_created_by_id_1552fda4 ON contracts_contract USING btree (created_by_id);
CREATE INDEX contracts_contract_party ON contracts_contract USING btree (party_id, id);
CREATE INDEX contracts_contract_running ON contracts_contract USING btree (end_date, id) WHERE status::text = 'active'::text;
CREATE INDEX contracts_contract_status ON contracts_contract USING btree (status, id);
CREATE INDEX contracts_contract_terminating ON contracts_contract USING btree (terminates_on) WHERE status::text = 'active'::text AND terminates_on IS NOT NULL;
CREATE INDEX contracts_contract_type ON contracts_contract USING btree (contract_type, id);
CREATE INDEX contracts_contract_validity ON contracts_contract USING gist (validity_period);

CREATE TRIGGER contracts_contract_audit AFTER INSERT OR DELETE OR UPDATE ON contracts_contract
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('contracts', '{validity_period,renewal_day}');
CREATE TRIGGER contracts_contract_begin BEFORE INSERT ON contracts_contract
    FOR EACH ROW
    EXECUTE FUNCTION contracts_contract_begin();
CREATE TRIGGER contracts_contract_change BEFORE UPDATE ON contracts_contract
    FOR EACH ROW
    EXECUTE FUNCTION contracts_contract_change();
CREATE TRIGGER contracts_contract_keep_version AFTER UPDATE ON contracts_contract
    FOR EACH ROW WHEN (new.version <> old.version OR old.signed_at IS NULL AND new.signed_at IS NOT NULL)
    EXECUTE FUNCTION contracts_contract_keep_version();
CREATE TRIGGER contracts_contract_no_truncate BEFORE TRUNCATE ON contracts_contract
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('contracts_contract_permanent', 'contracts are never deleted');
CREATE TRIGGER contracts_contract_permanent BEFORE DELETE ON contracts_contract
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('contracts_contract_permanent', 'contracts are never deleted');
CREATE TRIGGER contracts_contract_signed_at_ahead BEFORE UPDATE OF signed_at ON contracts_contract
    FOR EACH ROW WHEN (new.signed_at IS DISTINCT FROM old.signed_at AND new.signed_at > (clock_timestamp() + '00:05:00'::interval))
    EXECUTE FUNCTION skeleton_never('contracts_contract_signed_at_ahead', 'a contract is not signed in the future');
CREATE TRIGGER contracts_contract_turned_over BEFORE UPDATE OF party_id ON contracts_contract
    FOR EACH ROW WHEN (old.party_id IS DISTINCT FROM new.party_id)
    EXECUTE FUNCTION contracts_contract_begin();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON contracts_contract
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- contracts_cycle -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE contracts_cycle (
    id uuid NOT NULL,
    ended_on date NOT NULL,
    outcome character varying(7) NOT NULL,
    renewed_until date,
    settled_at timestamp with time zone NOT NULL,
    contract_id uuid NOT NULL,
    CONSTRAINT contracts_cycle_pkey PRIMARY KEY (id),
    CONSTRAINT contracts_cycle_outcome_fits CHECK (outcome::text = 'renewed'::text AND renewed_until > ended_on OR outcome::text = 'expired'::text AND renewed_until IS NULL),
    CONSTRAINT contracts_cycle_contract_id_e19fc901_fk_contracts_contract_id FOREIGN KEY (contract_id) REFERENCES contracts_contract(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT contracts_cycle_unique UNIQUE (contract_id, ended_on)
);

CREATE TRIGGER contracts_cycle_append_only BEFORE DELETE OR UPDATE ON contracts_cycle
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('contracts_cycle_append_only', 'cycles are append-only');
CREATE TRIGGER contracts_cycle_no_truncate BEFORE TRUNCATE ON contracts_cycle
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('contracts_cycle_append_only', 'cycles are append-only');
CREATE TRIGGER contracts_cycle_settled BEFORE INSERT ON contracts_cycle
    FOR EACH ROW
    EXECUTE FUNCTION contracts_cycle_settled();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON contracts_cycle
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- contracts_version ---------------------------------------------------------------------------------------------------
-- The application may: SELECT

CREATE TABLE contracts_version (
    payment_type character varying(8) NOT NULL,
    credit_days integer,
    penalty_rate numeric(7,4),
    discount_rate numeric(7,4),
    currency character varying(3) NOT NULL,
    delivery_type character varying(8) NOT NULL,
    estimated_days integer,
    shipping_cost bigint,
    shipping_currency character varying(3),
    insurance boolean NOT NULL,
    validity_period daterange NOT NULL,
    start_date date GENERATED ALWAYS AS (lower(validity_period)) STORED,
    end_date date GENERATED ALWAYS AS ((upper(validity_period) - 1)) STORED,
    credit_limit bigint NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    status character varying(16) NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by_id uuid,
    contract_id uuid NOT NULL,
    CONSTRAINT contracts_version_pkey PRIMARY KEY (id),
    CONSTRAINT contracts_version_changed_by_id_e596bd44_fk_identity_user_id FOREIGN KEY (changed_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT contracts_version_contract_id_f6a09dd6_fk_contracts_contract_id FOREIGN KEY (contract_id) REFERENCES contracts_contract(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT contracts_version_unique UNIQUE (contract_id, version)
);

CREATE TRIGGER contracts_version_append_only BEFORE DELETE OR UPDATE ON contracts_version
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('contracts_version_append_only', 'versions are append-only');
CREATE TRIGGER contracts_version_no_truncate BEFORE TRUNCATE ON contracts_version
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('contracts_version_append_only', 'versions are append-only');
CREATE TRIGGER contracts_version_of_contract BEFORE INSERT ON contracts_version
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('contracts_contract_version_derived', 'versions follow from the contract');

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION contracts_contract_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION contracts_contract_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION contracts_contract_keep_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    context jsonb := skeleton_context();
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
END $function$;

CREATE OR REPLACE FUNCTION contracts_cycle_settled()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM contracts_contract
    WHERE id = NEW.contract_id
      AND CASE NEW.outcome
          WHEN 'renewed' THEN status = 'active' AND end_date = NEW.renewed_until
          ELSE status = 'expired' AND end_date = NEW.ended_on
      END;
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('contracts_cycle_fits_contract', 'the contract did not ' || NEW.outcome);
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION contracts_ends_on_day(last date, renewal_day integer)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT extract(day FROM last) = renewal_day
        OR extract(day FROM last) < renewal_day AND extract(day FROM last + 1) = 1
$function$;

CREATE OR REPLACE FUNCTION contracts_renewal_day(last date)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    SELECT CASE WHEN extract(day FROM last + 1) = 1 THEN 31 ELSE extract(day FROM last)::integer END
$function$;
