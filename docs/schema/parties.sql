-- The schema of parties as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in parties/sql.

-- parties_address -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE parties_address (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    type character varying(8) NOT NULL,
    street character varying(255),
    city character varying(255),
    region character varying(255),
    postal_code character varying(20),
    country_id uuid,
    party_id uuid NOT NULL,
    CONSTRAINT parties_address_pkey PRIMARY KEY (id),
    CONSTRAINT parties_address_type_known CHECK (type::text = ANY (ARRAY['billing'::character varying, 'shipping'::character varying, 'other'::character varying]::text[])),
    CONSTRAINT parties_address_country_id_d3836679_fk_parties_country_id FOREIGN KEY (country_id) REFERENCES parties_country(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT parties_address_party_id_a263152e_fk_parties_party_id FOREIGN KEY (party_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX parties_address_country ON parties_address USING btree (country_id, party_id);
CREATE INDEX parties_address_party_id_a263152e ON parties_address USING btree (party_id);

CREATE TRIGGER parties_address_audit_delete AFTER DELETE ON parties_address REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('{kind}s', 'party_id', 'addresses', 'parties_party');
CREATE TRIGGER parties_address_audit_insert AFTER INSERT ON parties_address REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('{kind}s', 'party_id', 'addresses', 'parties_party');
CREATE TRIGGER parties_address_audit_update AFTER UPDATE ON parties_address REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('{kind}s', 'party_id', 'addresses', 'parties_party');

-- parties_country -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE parties_country (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(2) NOT NULL,
    alpha3 character varying(3),
    numeric_code character varying(3),
    name jsonb NOT NULL,
    phone_code character varying(10),
    currency_code character varying(3),
    region character varying(50),
    flag_emoji character varying(16),
    is_active boolean NOT NULL,
    CONSTRAINT parties_country_pkey PRIMARY KEY (id),
    CONSTRAINT parties_country_code_form CHECK (code::text ~ '^[A-Z]{2}$'::text),
    CONSTRAINT parties_country_name_en CHECK (COALESCE(name ->> 'en'::text, ''::text) ~ '\S'::text),
    CONSTRAINT parties_country_code_unique UNIQUE (code)
);

CREATE TRIGGER parties_country_audit AFTER INSERT OR DELETE OR UPDATE ON parties_country
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('countries');

-- parties_party -------------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE parties_party (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(10) NOT NULL,
    name character varying(255) NOT NULL,
    email character varying(254) NOT NULL,
    phone character varying(50),
    tax_id character varying(50),
    website character varying(255),
    social_media jsonb NOT NULL,
    status character varying(11) NOT NULL,
    credit_limit bigint NOT NULL,
    currency character varying(3),
    total_purchases bigint NOT NULL,
    position character varying(255),
    buyer_reference character varying(100),
    e_invoice character varying(9) DEFAULT 'none'::character varying NOT NULL,
    electronic_address_id character varying(100),
    electronic_address_scheme character varying(4),
    language character varying(2),
    payment_days smallint,
    vat_id character varying(20),
    search_text text GENERATED ALWAYS AS (skeleton_search_text(((COALESCE(COALESCE(name, ''::character varying), ''::character varying))::text || COALESCE((COALESCE('
'::text, ''::text) || (COALESCE(COALESCE(email, ''::character varying), ''::character varying))::text), ''::text)), ((COALESCE(COALESCE(tax_id, ''::character varying), ''::character varying))::text || COALESCE((COALESCE('
'::text, ''::text) || COALESCE(((COALESCE(COALESCE(vat_id, ''::character varying), ''::character varying))::text || COALESCE((COALESCE('
'::text, ''::text) || (COALESCE(COALESCE(phone, ''::character varying), ''::character varying))::text), ''::text)), ''::text)), ''::text)), 1)) STORED,
    phone_e164 character varying(16) GENERATED ALWAYS AS (skeleton_e164((phone)::text)) STORED,
    CONSTRAINT parties_party_pkey PRIMARY KEY (id),
    CONSTRAINT parties_party_credit_limit_positive CHECK (credit_limit >= 0),
    CONSTRAINT parties_party_customer_invoicing CHECK (kind::text = 'customer'::text OR buyer_reference IS NULL AND e_invoice::text = 'none'::text AND electronic_address_scheme IS NULL AND language IS NULL AND payment_days IS NULL AND vat_id IS NULL),
    CONSTRAINT parties_party_customer_money CHECK (currency IS NOT NULL AND kind::text = 'customer'::text OR NOT kind::text = 'customer'::text AND credit_limit = 0 AND currency IS NULL AND total_purchases = 0),
    CONSTRAINT parties_party_e_invoice_known CHECK (e_invoice::text = ANY (ARRAY['none'::character varying, 'xrechnung'::character varying, 'peppol'::character varying, 'facturx'::character varying]::text[])),
    CONSTRAINT parties_party_electronic_address_complete CHECK (electronic_address_id IS NULL AND electronic_address_scheme IS NULL OR electronic_address_scheme IS NOT NULL AND electronic_address_scheme::text ~ '^([0-9]{4}|EM)$'::text AND electronic_address_id IS NOT NULL AND NOT (electronic_address_id::text = ''::text AND electronic_address_id IS NOT NULL)),
    CONSTRAINT parties_party_email_present CHECK (NOT email::text = ''::text),
    CONSTRAINT parties_party_employee_position CHECK (kind::text = 'employee'::text OR "position" IS NULL),
    CONSTRAINT parties_party_kind_known CHECK (kind::text = ANY (ARRAY['customer'::character varying, 'supplier'::character varying, 'partner'::character varying, 'employee'::character varying]::text[])),
    CONSTRAINT parties_party_language_known CHECK (language IS NULL OR (language::text = ANY (ARRAY['en'::character varying, 'uk'::character varying, 'de'::character varying]::text[]))),
    CONSTRAINT parties_party_name_present CHECK (NOT name::text = ''::text),
    CONSTRAINT parties_party_payment_days_bounds CHECK (payment_days >= 0 AND payment_days <= 365),
    CONSTRAINT parties_party_status_known CHECK (status::text = ANY (ARRAY['active'::character varying, 'inactive'::character varying, 'blacklisted'::character varying]::text[]))
);

CREATE INDEX parties_party_credit_limit ON parties_party USING btree (kind, credit_limit, id);
CREATE INDEX parties_party_kind ON parties_party USING btree (kind, id);
CREATE INDEX parties_party_kind_created_at ON parties_party USING btree (kind, created_at, id);
CREATE INDEX parties_party_kind_email ON parties_party USING btree (kind, lower(email::text), id);
CREATE INDEX parties_party_kind_name ON parties_party USING btree (kind, lower(name::text), id);
CREATE INDEX parties_party_kind_status ON parties_party USING btree (kind, status, id);
CREATE INDEX parties_party_phone ON parties_party USING btree (phone_e164, id) WHERE phone_e164 IS NOT NULL;
CREATE INDEX parties_party_purchases_in ON parties_party USING btree (kind, currency, total_purchases, id);
CREATE INDEX parties_party_search ON parties_party USING gin (search_text gin_trgm_ops);
CREATE INDEX parties_party_total_purchases ON parties_party USING btree (kind, total_purchases, id);

CREATE TRIGGER billing_customer_of_credit_notes_renamed AFTER UPDATE OF name ON parties_party
    FOR EACH ROW WHEN (old.name::text IS DISTINCT FROM new.name::text)
    EXECUTE FUNCTION billing_customer_of_credit_notes_renamed();
CREATE TRIGGER billing_customer_of_orders_renamed AFTER UPDATE OF name ON parties_party
    FOR EACH ROW WHEN (old.name::text IS DISTINCT FROM new.name::text)
    EXECUTE FUNCTION billing_customer_of_orders_renamed();
CREATE TRIGGER billing_customer_renamed AFTER UPDATE OF name ON parties_party
    FOR EACH ROW WHEN (old.name::text IS DISTINCT FROM new.name::text)
    EXECUTE FUNCTION billing_customer_renamed();
CREATE TRIGGER billing_purchases_begin BEFORE INSERT ON parties_party
    FOR EACH ROW WHEN (new.total_purchases <> 0)
    EXECUTE FUNCTION billing_purchases_derived();
CREATE TRIGGER billing_purchases_derived BEFORE UPDATE OF total_purchases ON parties_party
    FOR EACH ROW WHEN (old.total_purchases <> new.total_purchases)
    EXECUTE FUNCTION billing_purchases_derived();
CREATE TRIGGER billing_purchases_in_currency BEFORE UPDATE OF currency ON parties_party
    FOR EACH ROW WHEN (old.currency::text IS DISTINCT FROM new.currency::text)
    EXECUTE FUNCTION billing_purchases_in_currency();
CREATE TRIGGER core_count_delete AFTER DELETE ON parties_party REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows('kind');
CREATE TRIGGER core_count_insert AFTER INSERT ON parties_party REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows('kind');
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON parties_party
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_update AFTER UPDATE ON parties_party
    FOR EACH ROW WHEN (old.kind::text IS DISTINCT FROM new.kind::text)
    EXECUTE FUNCTION core_count_rows('kind');
CREATE TRIGGER parties_party_audit AFTER INSERT OR DELETE OR UPDATE ON parties_party
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('{kind}s', '{phone_e164,search_text,total_purchases}');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON parties_party
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();
