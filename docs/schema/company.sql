-- The schema of skeleton.company as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in skeleton/company/sql.

-- company_bank_account ------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE company_bank_account (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(255),
    bank character varying(255),
    iban character varying(34) NOT NULL,
    bic character varying(11),
    currency character varying(3),
    is_default boolean NOT NULL,
    company_id uuid NOT NULL,
    CONSTRAINT company_bank_account_pkey PRIMARY KEY (id),
    CONSTRAINT company_bank_account_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT company_bank_account_iban_form CHECK (iban::text ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'::text),
    CONSTRAINT company_bank_account_company_id_78885b6d_fk_company_company_id FOREIGN KEY (company_id) REFERENCES company_company(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT company_bank_account_iban_unique UNIQUE (iban)
);

CREATE INDEX company_bank_account_company_id_78885b6d ON company_bank_account USING btree (company_id);
CREATE UNIQUE INDEX company_bank_account_one_default ON company_bank_account USING btree (company_id) WHERE is_default;

CREATE TRIGGER company_bank_account_audit_delete AFTER DELETE ON company_bank_account REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('company', 'company_id', 'bank_accounts');
CREATE TRIGGER company_bank_account_audit_insert AFTER INSERT ON company_bank_account REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('company', 'company_id', 'bank_accounts');
CREATE TRIGGER company_bank_account_audit_update AFTER UPDATE ON company_bank_account REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('company', 'company_id', 'bank_accounts');

-- company_company -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE company_company (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    legal_name character varying(255) NOT NULL,
    trade_name character varying(255),
    street character varying(255),
    city character varying(255),
    region character varying(255),
    postal_code character varying(20),
    country character varying(2),
    vat_id character varying(20),
    tax_number character varying(50),
    registration_number character varying(100),
    contact_name character varying(255),
    phone character varying(50),
    email character varying(254),
    website character varying(255),
    currency character varying(3) NOT NULL,
    payment_days smallint,
    fiscal_year_start smallint NOT NULL,
    invoice_footer text,
    electronic_address_scheme character varying(4),
    electronic_address_id character varying(100),
    time_zone character varying(64) NOT NULL,
    logo_file_id uuid,
    logo_id character varying(64),
    CONSTRAINT company_company_pkey PRIMARY KEY (id),
    CONSTRAINT company_company_country_form CHECK (country::text ~ '^[A-Z]{2}$'::text),
    CONSTRAINT company_company_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT company_company_electronic_address_complete CHECK (electronic_address_id IS NULL AND electronic_address_scheme IS NULL OR electronic_address_id IS NOT NULL AND electronic_address_scheme IS NOT NULL AND electronic_address_scheme::text ~ '^([0-9]{4}|EM)$'::text),
    CONSTRAINT company_company_fiscal_year_start_month CHECK (fiscal_year_start >= 1 AND fiscal_year_start <= 12),
    CONSTRAINT company_company_legal_name_present CHECK (NOT legal_name::text = ''::text),
    CONSTRAINT company_company_logo_fits CHECK (logo_id IS NULL AND logo_file_id IS NULL OR logo_id IS NOT NULL AND logo_file_id IS NOT NULL),
    CONSTRAINT company_company_payment_days_bounded CHECK (payment_days >= 0 AND payment_days <= 365),
    CONSTRAINT company_company_time_zone_present CHECK (NOT time_zone::text = ''::text),
    CONSTRAINT company_company_logo_file_id_7fb3a9af_fk_files_file_id FOREIGN KEY (logo_file_id) REFERENCES files_file(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT company_company_logo_id_868f50e8_fk_company_logo_checksum FOREIGN KEY (logo_id) REFERENCES company_logo(checksum) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX company_company_single ON company_company USING btree ((1));

CREATE TRIGGER accounting_company_fiscal_year BEFORE INSERT OR UPDATE OF fiscal_year_start ON company_company
    FOR EACH ROW
    EXECUTE FUNCTION accounting_company_fiscal_year();
CREATE TRIGGER accounting_company_zone BEFORE INSERT OR UPDATE OF time_zone ON company_company
    FOR EACH ROW
    EXECUTE FUNCTION accounting_company_zone();
CREATE TRIGGER company_company_audit AFTER INSERT OR DELETE OR UPDATE ON company_company
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('company', '{logo_id}');
CREATE TRIGGER company_company_kept BEFORE DELETE OR TRUNCATE ON company_company
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('company_company_kept', 'the record of the company is never deleted');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON company_company
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- company_logo --------------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE company_logo (
    checksum character varying(64) NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT company_logo_pkey PRIMARY KEY (checksum),
    CONSTRAINT company_logo_checksum_form CHECK (checksum::text ~ '^[0-9a-f]{64}$'::text)
);

CREATE INDEX company_logo_checksum_ee7e38cd_like ON company_logo USING btree (checksum varchar_pattern_ops);

CREATE TRIGGER company_logo_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON company_logo
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('company_logo_append_only', 'logos are never changed or deleted');

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION company_today()
 RETURNS date
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(
        (skeleton_context()->>'today')::date,
        (clock_timestamp() AT TIME ZONE coalesce((SELECT time_zone FROM company_company), 'UTC'))::date)
$function$;
