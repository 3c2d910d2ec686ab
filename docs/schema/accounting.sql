-- The schema of accounting as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in accounting/sql.

-- accounting_account --------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE accounting_account (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(20) NOT NULL,
    name character varying(255) NOT NULL,
    type character varying(9) NOT NULL,
    currency character varying(3),
    is_active boolean NOT NULL,
    parent_id uuid,
    CONSTRAINT accounting_account_pkey PRIMARY KEY (id),
    CONSTRAINT accounting_account_code_form CHECK (code::text ~ '^[A-Za-z0-9][A-Za-z0-9.-]*$'::text),
    CONSTRAINT accounting_account_currency_form CHECK (currency IS NULL OR currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT accounting_account_name_present CHECK (NOT name::text = ''::text),
    CONSTRAINT accounting_account_type_known CHECK (type::text = ANY (ARRAY['asset'::character varying, 'liability'::character varying, 'equity'::character varying, 'revenue'::character varying, 'expense'::character varying]::text[])),
    CONSTRAINT accounting_account_parent_id_b1e41435_fk_accounting_account_id FOREIGN KEY (parent_id) REFERENCES accounting_account(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_account_parent_type FOREIGN KEY (parent_id, type) REFERENCES accounting_account(id, type),
    CONSTRAINT accounting_account_code_unique UNIQUE (code),
    CONSTRAINT accounting_account_id_type UNIQUE (id, type)
);

CREATE INDEX accounting_account_name ON accounting_account USING btree (lower(name::text), id);
CREATE INDEX accounting_account_parent_id_b1e41435 ON accounting_account USING btree (parent_id);
CREATE INDEX accounting_account_type_code ON accounting_account USING btree (type, code, id);

CREATE TRIGGER accounting_account_audit AFTER INSERT OR DELETE OR UPDATE ON accounting_account
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('accounting');
CREATE TRIGGER accounting_account_fixed BEFORE UPDATE ON accounting_account
    FOR EACH ROW WHEN (new.code::text <> old.code::text OR new.type::text <> old.type::text OR new.currency::text IS DISTINCT FROM old.currency::text)
    EXECUTE FUNCTION accounting_account_fixed();
CREATE TRIGGER accounting_account_of_taxes BEFORE UPDATE ON accounting_account
    FOR EACH ROW WHEN (old.is_active AND NOT new.is_active OR (old.type::text = ANY (ARRAY['asset'::character varying, 'liability'::character varying]::text[])) AND (new.type::text <> ALL (ARRAY['asset'::character varying, 'liability'::character varying]::text[])))
    EXECUTE FUNCTION accounting_account_of_taxes();
CREATE TRIGGER accounting_account_place BEFORE UPDATE OF parent_id ON accounting_account
    FOR EACH ROW WHEN (new.parent_id IS NOT NULL AND new.parent_id IS DISTINCT FROM old.parent_id)
    EXECUTE FUNCTION accounting_account_place();
CREATE TRIGGER accounting_account_place_new BEFORE INSERT ON accounting_account
    FOR EACH ROW WHEN (new.parent_id IS NOT NULL)
    EXECUTE FUNCTION accounting_account_place();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON accounting_account
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- accounting_entry ----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE accounting_entry (
    id uuid NOT NULL,
    date date NOT NULL,
    description character varying(500) NOT NULL,
    reference character varying(100),
    source_type character varying(11) NOT NULL,
    source_id uuid,
    purpose character varying(30) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    reverses_id uuid,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind character varying(8) DEFAULT 'ordinary'::character varying NOT NULL,
    CONSTRAINT accounting_entry_pkey PRIMARY KEY (id),
    CONSTRAINT accounting_entry_date_sane CHECK (date >= '1900-01-01'::date AND date <= '2999-12-31'::date),
    CONSTRAINT accounting_entry_description_present CHECK (NOT description::text = ''::text),
    CONSTRAINT accounting_entry_kind_fits CHECK (kind::text = 'ordinary'::text AND NOT (source_type::text = ANY (ARRAY['opening'::character varying, 'closing'::character varying]::text[])) OR kind::text = 'opening'::text AND (source_type::text = ANY (ARRAY['opening'::character varying, 'invoice'::character varying, 'reversal'::character varying]::text[])) OR kind::text = 'closing'::text AND (source_type::text = ANY (ARRAY['closing'::character varying, 'reversal'::character varying]::text[]))),
    CONSTRAINT accounting_entry_reversal_named CHECK (reverses_id IS NOT NULL AND source_id = reverses_id AND source_type::text = 'reversal'::text OR NOT source_type::text = 'reversal'::text AND reverses_id IS NULL),
    CONSTRAINT accounting_entry_source_known CHECK (source_type::text = ANY (ARRAY['manual'::character varying, 'invoice'::character varying, 'payment'::character varying, 'credit_note'::character varying, 'allocation'::character varying, 'write_off'::character varying, 'reversal'::character varying, 'opening'::character varying, 'closing'::character varying]::text[])),
    CONSTRAINT accounting_entry_source_named CHECK (source_id IS NULL AND source_type::text = 'manual'::text OR NOT source_type::text = 'manual'::text AND source_id IS NOT NULL),
    CONSTRAINT accounting_entry_created_by_id_be8aa1ca_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_entry_reverses_id_cdbfba15_fk_accounting_entry_id FOREIGN KEY (reverses_id) REFERENCES accounting_entry(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_entry_reversed_once UNIQUE (reverses_id)
);

CREATE INDEX accounting_entry_closing ON accounting_entry USING btree (date, id) WHERE kind::text = 'closing'::text;
CREATE INDEX accounting_entry_created_at ON accounting_entry USING btree (created_at, id);
CREATE INDEX accounting_entry_date ON accounting_entry USING btree (date, id);
CREATE INDEX accounting_entry_reference ON accounting_entry USING btree (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX accounting_entry_search ON accounting_entry USING gin (skeleton_fold(description::text, 1) gin_trgm_ops, skeleton_fold(reference::text, 1) gin_trgm_ops);
CREATE INDEX accounting_entry_source_type ON accounting_entry USING btree (source_type, id);
CREATE UNIQUE INDEX accounting_entry_source_unique ON accounting_entry USING btree (source_type, source_id, purpose) WHERE source_id IS NOT NULL;

CREATE TRIGGER accounting_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON accounting_entry
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('accounting_entry_append_only', 'journal entries are never changed or deleted');
CREATE TRIGGER accounting_entry_audit AFTER INSERT OR DELETE OR UPDATE ON accounting_entry
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('accounting', '{xact}');
CREATE TRIGGER accounting_entry_begin BEFORE INSERT ON accounting_entry
    FOR EACH ROW
    EXECUTE FUNCTION accounting_entry_begin();
CREATE CONSTRAINT TRIGGER accounting_entry_check AFTER INSERT ON accounting_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION accounting_entry_check();
CREATE TRIGGER accounting_entry_date_ahead BEFORE INSERT ON accounting_entry
    FOR EACH ROW
    EXECUTE FUNCTION accounting_entry_date_ahead();
CREATE CONSTRAINT TRIGGER accounting_entry_of_closing AFTER INSERT ON accounting_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (new.kind::text = 'closing'::text)
    EXECUTE FUNCTION accounting_entry_of_closing();
CREATE CONSTRAINT TRIGGER billing_entry_has_document AFTER INSERT ON accounting_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (new.source_type::text <> 'manual'::text)
    EXECUTE FUNCTION billing_entry_has_document();
CREATE TRIGGER core_count_delete AFTER DELETE ON accounting_entry REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_insert AFTER INSERT ON accounting_entry REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON accounting_entry
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON accounting_entry
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- accounting_line -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE accounting_line (
    id uuid NOT NULL,
    position smallint NOT NULL,
    date date NOT NULL,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    currency character varying(3) NOT NULL,
    description character varying(500),
    account_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    party_id uuid,
    CONSTRAINT accounting_line_pkey PRIMARY KEY (id),
    CONSTRAINT accounting_line_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT accounting_line_one_side CHECK (credit = 0 AND debit > 0 OR credit > 0 AND debit = 0),
    CONSTRAINT accounting_line_account_id_73928170_fk_accounting_account_id FOREIGN KEY (account_id) REFERENCES accounting_account(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_line_entry_id_e407453b_fk_accounting_entry_id FOREIGN KEY (entry_id) REFERENCES accounting_entry(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_line_party_id_e88afc86_fk_parties_party_id FOREIGN KEY (party_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_line_position_unique UNIQUE (entry_id, "position")
);

CREATE INDEX accounting_line_date ON accounting_line USING btree (date) INCLUDE (account_id, currency, debit, credit);
CREATE INDEX accounting_line_ledger ON accounting_line USING btree (account_id, date, id);
CREATE INDEX accounting_line_party ON accounting_line USING btree (party_id, account_id) WHERE party_id IS NOT NULL;

CREATE TRIGGER accounting_line_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON accounting_line
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('accounting_line_append_only', 'journal lines are never changed or deleted');
CREATE TRIGGER accounting_line_audit AFTER INSERT ON accounting_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('accounting', 'entry_id', 'lines');
CREATE CONSTRAINT TRIGGER accounting_line_check AFTER INSERT OR DELETE OR UPDATE ON accounting_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION accounting_line_check();
CREATE TRIGGER accounting_line_keep AFTER INSERT ON accounting_line REFERENCING NEW TABLE AS new_lines
    FOR EACH STATEMENT
    EXECUTE FUNCTION accounting_line_keep();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON accounting_line
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- accounting_month_total ----------------------------------------------------------------------------------------------
-- The application may: SELECT

CREATE TABLE accounting_month_total (
    currency character varying(3) NOT NULL,
    month date NOT NULL,
    debit numeric(38,0) NOT NULL,
    credit numeric(38,0) NOT NULL,
    account_id uuid NOT NULL,
    CONSTRAINT accounting_month_total_pkey PRIMARY KEY (account_id, currency, month),
    CONSTRAINT accounting_month_tot_account_id_e4c32a79_fk_accountin FOREIGN KEY (account_id) REFERENCES accounting_account(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TRIGGER accounting_month_total_kept BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON accounting_month_total
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('accounting_total_kept', 'the totals are kept by the journal lines');

-- accounting_period ---------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE accounting_period (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    status character varying(6) NOT NULL,
    closed_at timestamp with time zone,
    closed_by_id uuid,
    CONSTRAINT accounting_period_pkey PRIMARY KEY (id),
    CONSTRAINT accounting_period_dates_ordered CHECK (end_date >= start_date),
    CONSTRAINT accounting_period_status_known CHECK (closed_at IS NULL AND closed_by_id IS NULL AND status::text = 'open'::text OR closed_at IS NOT NULL AND status::text = 'closed'::text),
    CONSTRAINT accounting_period_closed_by_id_f17f88bf_fk_identity_user_id FOREIGN KEY (closed_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_period_no_overlap EXCLUDE USING gist (daterange(start_date, end_date, '[]'::text) WITH &&)
);

CREATE INDEX accounting_period_start ON accounting_period USING btree (start_date, id);

CREATE TRIGGER accounting_period_alone BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON accounting_period
    FOR EACH STATEMENT
    EXECUTE FUNCTION accounting_period_alone();
CREATE TRIGGER accounting_period_audit AFTER INSERT OR DELETE OR UPDATE ON accounting_period
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('accounting');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON accounting_period
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- accounting_tax_code -------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE accounting_tax_code (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(20) NOT NULL,
    name jsonb NOT NULL,
    category character varying(2) NOT NULL,
    rate numeric(7,4) NOT NULL,
    exemption_code character varying(30),
    exemption_reason jsonb,
    valid_from date,
    valid_to date,
    is_active boolean NOT NULL,
    account_id uuid,
    CONSTRAINT accounting_tax_code_pkey PRIMARY KEY (id),
    CONSTRAINT accounting_tax_code_category_known CHECK (category::text = ANY (ARRAY['S'::character varying, 'Z'::character varying, 'E'::character varying, 'AE'::character varying, 'K'::character varying, 'G'::character varying, 'O'::character varying]::text[])),
    CONSTRAINT accounting_tax_code_code_form CHECK (code::text ~ '^[A-Z0-9][A-Z0-9.-]*$'::text),
    CONSTRAINT accounting_tax_code_exemption_en CHECK (exemption_reason IS NULL OR COALESCE(exemption_reason ->> 'en'::text, ''::text) ~ '\S'::text),
    CONSTRAINT accounting_tax_code_exemption_fits CHECK ((category::text = ANY (ARRAY['E'::character varying, 'AE'::character varying, 'K'::character varying, 'G'::character varying, 'O'::character varying]::text[])) AND (exemption_code IS NOT NULL OR exemption_reason IS NOT NULL) OR NOT (category::text = ANY (ARRAY['E'::character varying, 'AE'::character varying, 'K'::character varying, 'G'::character varying, 'O'::character varying]::text[])) AND NOT (exemption_code IS NOT NULL OR exemption_reason IS NOT NULL)),
    CONSTRAINT accounting_tax_code_exemption_form CHECK (exemption_code IS NULL OR exemption_code::text ~ '^VATEX-[A-Z0-9-]+$'::text),
    CONSTRAINT accounting_tax_code_name_en CHECK (COALESCE(name ->> 'en'::text, ''::text) ~ '\S'::text),
    CONSTRAINT accounting_tax_code_rate_fits CHECK (category::text = 'S'::text AND rate > 0::numeric AND rate <= 100::numeric OR NOT category::text = 'S'::text AND rate = 0::numeric),
    CONSTRAINT accounting_tax_code_validity_ordered CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT accounting_tax_code_account_id_62f34add_fk_accountin FOREIGN KEY (account_id) REFERENCES accounting_account(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_tax_code_code_unique UNIQUE (code),
    CONSTRAINT accounting_tax_code_id_rate UNIQUE (id, rate)
);

CREATE INDEX accounting_tax_code_account_id_62f34add ON accounting_tax_code USING btree (account_id);
CREATE INDEX accounting_tax_code_category ON accounting_tax_code USING btree (category, code, id);
CREATE INDEX accounting_tax_code_created_at ON accounting_tax_code USING btree (created_at, id);

CREATE TRIGGER accounting_tax_code_account BEFORE INSERT OR UPDATE OF account_id ON accounting_tax_code
    FOR EACH ROW WHEN (new.account_id IS NOT NULL)
    EXECUTE FUNCTION accounting_tax_code_account();
CREATE TRIGGER accounting_tax_code_audit AFTER INSERT OR DELETE OR UPDATE ON accounting_tax_code
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('accounting', '{}');
CREATE TRIGGER billing_tax_code_used BEFORE UPDATE ON accounting_tax_code
    FOR EACH ROW WHEN (old.category::text IS DISTINCT FROM new.category::text OR old.rate IS DISTINCT FROM new.rate OR old.exemption_code::text IS DISTINCT FROM new.exemption_code::text OR old.exemption_reason IS DISTINCT FROM new.exemption_reason OR old.account_id IS DISTINCT FROM new.account_id)
    EXECUTE FUNCTION billing_tax_code_used();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON accounting_tax_code
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- accounting_total ----------------------------------------------------------------------------------------------------
-- The application may: SELECT

CREATE TABLE accounting_total (
    currency character varying(3) NOT NULL,
    debit numeric(38,0) NOT NULL,
    credit numeric(38,0) NOT NULL,
    account_id uuid NOT NULL,
    CONSTRAINT accounting_total_pkey PRIMARY KEY (account_id, currency),
    CONSTRAINT accounting_total_int64 CHECK (credit <= (debit + '9223372036854775807'::bigint::numeric) AND debit <= (credit + '9223372036854775807'::bigint::numeric)),
    CONSTRAINT accounting_total_account_id_8b2d6cc5_fk_accounting_account_id FOREIGN KEY (account_id) REFERENCES accounting_account(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TRIGGER accounting_total_kept BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON accounting_total
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('accounting_total_kept', 'the totals are kept by the journal lines');

-- accounting_year_closing ---------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE accounting_year_closing (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    year smallint NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    reopened_at timestamp with time zone,
    closed_by_id uuid,
    reopened_by_id uuid,
    CONSTRAINT accounting_year_closing_pkey PRIMARY KEY (id),
    CONSTRAINT accounting_year_closing_months CHECK (EXTRACT(day FROM start_date) = 1::numeric AND EXTRACT(year FROM start_date) = year::numeric AND (end_date + 1) = (start_date + '1 year'::interval)::date),
    CONSTRAINT accounting_year_closing_reopened_fits CHECK (reopened_at IS NOT NULL OR reopened_by_id IS NULL),
    CONSTRAINT accounting_year_clos_closed_by_id_2e1af6be_fk_identity_ FOREIGN KEY (closed_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_year_clos_reopened_by_id_e0e0280b_fk_identity_ FOREIGN KEY (reopened_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT accounting_year_closing_once EXCLUDE USING gist (daterange(start_date, end_date, '[]'::text) WITH &&) WHERE (reopened_at IS NULL)
);

CREATE INDEX accounting_year_closing_end ON accounting_year_closing USING btree (end_date, id);

CREATE TRIGGER accounting_year_closing_alone BEFORE INSERT OR UPDATE ON accounting_year_closing
    FOR EACH STATEMENT
    EXECUTE FUNCTION accounting_period_alone();
CREATE TRIGGER accounting_year_closing_audit AFTER INSERT OR DELETE OR UPDATE ON accounting_year_closing
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('accounting', '{}');
CREATE TRIGGER accounting_year_closing_begin BEFORE INSERT ON accounting_year_closing
    FOR EACH ROW
    EXECUTE FUNCTION accounting_year_closing_begin();
CREATE TRIGGER accounting_year_closing_change BEFORE UPDATE ON accounting_year_closing
    FOR EACH ROW
    EXECUTE FUNCTION accounting_year_closing_change();
CREATE CONSTRAINT TRIGGER accounting_year_closing_check AFTER INSERT OR UPDATE ON accounting_year_closing DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION accounting_year_closing_check();
CREATE TRIGGER accounting_year_closing_permanent BEFORE DELETE OR TRUNCATE ON accounting_year_closing
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('accounting_year_closing_append_only', 'closings are never deleted');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON accounting_year_closing
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION accounting_account_fixed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NEW.code <> OLD.code THEN
        PERFORM skeleton_refuse('accounting_account_code_fixed', 'the code of an account never changes');
    END IF;
    IF EXISTS (SELECT 1 FROM accounting_line WHERE account_id = OLD.id) THEN
        PERFORM skeleton_refuse('accounting_account_posted',
                                'the account is posted to: its type and currency are fixed');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION accounting_account_of_taxes()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF EXISTS (SELECT FROM accounting_tax_code WHERE account_id = NEW.id) THEN
        PERFORM skeleton_refuse('accounting_account_of_taxes', 'a tax code posts to the account');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION accounting_account_place()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_check_entry(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_check_year_closing(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_company_fiscal_year()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    kept smallint := CASE WHEN TG_OP = 'UPDATE' THEN OLD.fiscal_year_start ELSE 1 END;
BEGIN
    IF NEW.fiscal_year_start = kept THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('accounting_period'));
    IF EXISTS (SELECT FROM accounting_year_closing y
               WHERE y.reopened_at IS NULL AND extract(month FROM y.start_date) <> NEW.fiscal_year_start) THEN
        PERFORM skeleton_refuse('accounting_company_fiscal_year', 'closed years begin in another month');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION accounting_company_zone()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    kept text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.time_zone ELSE 'UTC' END;
BEGIN
    IF NEW.time_zone <> kept AND EXISTS (SELECT FROM accounting_entry) THEN
        PERFORM skeleton_refuse('accounting_company_zone', 'the books are kept in the days of ' || kept);
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION accounting_entry_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_entry_check()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM accounting_check_entry(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION accounting_entry_date_ahead()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NEW.date > company_today() + interval '1 year'
       AND NEW.date IS DISTINCT FROM (SELECT e.date FROM accounting_entry e WHERE e.id = NEW.reverses_id) THEN
        PERFORM skeleton_refuse('accounting_entry_date_ahead',
                                format('an entry is dated at most a year ahead, not %s', NEW.date), 'check_violation');
    END IF;
    IF NEW.kind = 'opening' AND NEW.reverses_id IS NULL AND NEW.date > company_today() THEN
        PERFORM skeleton_refuse('accounting_entry_opening_ahead',
                                format('balances are not taken over in the future, on %s', NEW.date), 'check_violation');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION accounting_entry_of_closing()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM accounting_check_year_closing(
        coalesce((SELECT e.source_id FROM accounting_entry e WHERE e.id = NEW.reverses_id), NEW.source_id));
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION accounting_line_check()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM accounting_check_entry(OLD.entry_id);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.entry_id <> OLD.entry_id) THEN
        PERFORM accounting_check_entry(NEW.entry_id);
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION accounting_line_keep()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_net_with_children(account uuid, coin text)
 RETURNS numeric
 LANGUAGE sql
 STABLE
AS $function$
    WITH RECURSIVE below AS (
        SELECT account AS id
        UNION
        SELECT c.id FROM accounting_account c JOIN below ON c.parent_id = below.id
    )
    SELECT coalesce(sum(t.debit - t.credit), 0) FROM accounting_total t JOIN below ON below.id = t.account_id
    WHERE t.currency = coin
$function$;

CREATE OR REPLACE FUNCTION accounting_period_alone()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('accounting_period'));
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION accounting_takes_postings(account uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT NOT EXISTS (SELECT FROM accounting_account c WHERE c.parent_id = account)
           OR EXISTS (SELECT FROM accounting_total t WHERE t.account_id = account)
$function$;

CREATE OR REPLACE FUNCTION accounting_tax_code_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_year_closing_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    closed_until date;
BEGIN
    SELECT max(end_date) INTO closed_until FROM accounting_year_closing WHERE reopened_at IS NULL;
    IF NEW.reopened_at IS NOT NULL THEN
        PERFORM skeleton_refuse('accounting_year_closing_append_only', 'a year is closed before it is reopened');
    ELSIF extract(month FROM NEW.start_date) <> coalesce((SELECT fiscal_year_start FROM company_company), 1) THEN
        PERFORM skeleton_refuse('accounting_year_closing_month', 'the company''s fiscal years begin in another month');
    ELSIF closed_until >= NEW.end_date
          OR EXISTS (SELECT FROM accounting_period p
                     WHERE p.status = 'closed' AND daterange(p.start_date, p.end_date, '[]') @> NEW.end_date) THEN
        PERFORM skeleton_refuse('accounting_year_closing_day_open', 'the last day of the year is closed');
    ELSIF EXISTS (SELECT FROM accounting_entry e
                  WHERE e.date < NEW.start_date AND e.date > coalesce(closed_until, '-infinity')) THEN
        PERFORM skeleton_refuse('accounting_year_closing_earlier_open', 'an earlier year with movements is open');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION accounting_year_closing_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION accounting_year_closing_check()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM accounting_check_year_closing(NEW.id);
    RETURN NULL;
END $function$;
