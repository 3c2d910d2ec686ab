-- The schema of billing as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in billing/sql.

-- billing_correspondents ----------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE billing_correspondents (
    invoice_id uuid NOT NULL,
    seller jsonb NOT NULL,
    customer jsonb NOT NULL,
    CONSTRAINT billing_correspondents_pkey PRIMARY KEY (invoice_id),
    CONSTRAINT billing_corresponden_invoice_id_86850f31_fk_billing_i FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TRIGGER billing_correspondents_append_only BEFORE DELETE OR UPDATE ON billing_correspondents
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_correspondents_append_only', 'they are as they were at the sending');
CREATE TRIGGER billing_correspondents_no_truncate BEFORE TRUNCATE ON billing_correspondents
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_correspondents_append_only', 'they stay as they were');
CREATE TRIGGER billing_correspondents_of_sent BEFORE INSERT ON billing_correspondents
    FOR EACH ROW
    EXECUTE FUNCTION billing_document_of_sent();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_correspondents
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_credit_note -------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE billing_credit_note (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    customer_name character varying(255) NOT NULL,
    currency character varying(3) NOT NULL,
    subtotal bigint NOT NULL,
    tax_total bigint NOT NULL,
    tax_breakdown jsonb NOT NULL,
    total bigint NOT NULL,
    notes text,
    number character varying(40),
    number_key text GENERATED ALWAYS AS (COALESCE((split_part((number)::text, '-'::text, 2) || lpad(split_part((number)::text, '-'::text, 3), 12, '0'::text)), ''::text)) STORED,
    status character varying(5) NOT NULL,
    reason text,
    issue_date date NOT NULL,
    allocated bigint NOT NULL,
    refunded bigint NOT NULL,
    sent_at timestamp with time zone,
    seller jsonb,
    buyer jsonb,
    created_by_id uuid,
    customer_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    issue_date_given boolean DEFAULT false NOT NULL,
    search_text text GENERATED ALWAYS AS (skeleton_search_text((COALESCE(customer_name, ''::character varying))::text, (COALESCE(number, ''::character varying))::text, 1)) STORED,
    CONSTRAINT billing_credit_note_pkey PRIMARY KEY (id),
    CONSTRAINT billing_credit_note_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT billing_credit_note_number_form CHECK (number::text ~ (('^CN-'::text || lpad(EXTRACT(year FROM issue_date)::text, 4, '0'::text)) || '-([0-9]{3}|[1-9][0-9]{3,11})$'::text)),
    CONSTRAINT billing_credit_note_positive CHECK (subtotal >= 0 AND tax_total >= 0),
    CONSTRAINT billing_credit_note_reason_present CHECK (reason IS NULL OR NOT (reason = ''::text AND reason IS NOT NULL)),
    CONSTRAINT billing_credit_note_status_fits CHECK (allocated = 0 AND buyer IS NULL AND number IS NULL AND refunded = 0 AND seller IS NULL AND sent_at IS NULL AND status::text = 'draft'::text OR buyer IS NOT NULL AND number IS NOT NULL AND seller IS NOT NULL AND sent_at IS NOT NULL AND status::text = 'sent'::text),
    CONSTRAINT billing_credit_note_status_known CHECK (status::text = ANY (ARRAY['draft'::character varying, 'sent'::character varying]::text[])),
    CONSTRAINT billing_credit_note_total_is_sum CHECK (total = (subtotal + tax_total)),
    CONSTRAINT billing_credit_note_used_within_total CHECK (allocated >= 0 AND refunded >= 0 AND total >= (allocated + refunded)),
    CONSTRAINT billing_credit_note_created_by_id_a77be74a_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note_customer_id_ff4a066f_fk_parties_party_id FOREIGN KEY (customer_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note_invoice_id_7e535d29_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note_number_unique UNIQUE (number)
);

CREATE INDEX billing_credit_note_created_at ON billing_credit_note USING btree (created_at, id);
CREATE INDEX billing_credit_note_currency ON billing_credit_note USING btree (currency, id);
CREATE INDEX billing_credit_note_customer ON billing_credit_note USING btree (customer_id, id);
CREATE INDEX billing_credit_note_invoice ON billing_credit_note USING btree (invoice_id, id);
CREATE INDEX billing_credit_note_issue_date ON billing_credit_note USING btree (issue_date, id);
CREATE INDEX billing_credit_note_number ON billing_credit_note USING btree (number_key, id);
CREATE INDEX billing_credit_note_on_account ON billing_credit_note USING btree (customer_id, id) WHERE status::text = 'sent'::text AND total > (allocated + refunded);
CREATE INDEX billing_credit_note_search ON billing_credit_note USING gin (search_text gin_trgm_ops);
CREATE INDEX billing_credit_note_status ON billing_credit_note USING btree (status, id);
CREATE INDEX billing_credit_note_total ON billing_credit_note USING btree (total, id);

CREATE TRIGGER billing_credit_note_audit AFTER INSERT OR DELETE OR UPDATE ON billing_credit_note
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('invoices', '{search_text,number_key,seller,buyer}');
CREATE TRIGGER billing_credit_note_begin BEFORE INSERT ON billing_credit_note
    FOR EACH ROW
    EXECUTE FUNCTION billing_credit_note_begin();
CREATE TRIGGER billing_credit_note_change BEFORE UPDATE ON billing_credit_note
    FOR EACH ROW
    EXECUTE FUNCTION billing_credit_note_change();
CREATE CONSTRAINT TRIGGER billing_credit_note_in_books AFTER UPDATE OF status ON billing_credit_note DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (old.status::text = 'draft'::text AND new.status::text = 'sent'::text)
    EXECUTE FUNCTION billing_credit_note_in_books();
CREATE TRIGGER billing_credit_note_issued AFTER UPDATE OF status ON billing_credit_note
    FOR EACH ROW WHEN (old.status::text = 'draft'::text AND new.status::text = 'sent'::text)
    EXECUTE FUNCTION billing_credit_note_issued();
CREATE TRIGGER billing_credit_note_no_truncate BEFORE TRUNCATE ON billing_credit_note
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_credit_note_permanent', 'issued credit notes are never deleted');
CREATE TRIGGER billing_credit_note_permanent BEFORE DELETE ON billing_credit_note
    FOR EACH ROW WHEN (old.status::text <> 'draft'::text)
    EXECUTE FUNCTION skeleton_never('billing_credit_note_permanent', 'an issued credit note is never deleted');
CREATE CONSTRAINT TRIGGER billing_credit_note_restocked AFTER UPDATE OF status ON billing_credit_note DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (old.status::text = 'draft'::text AND new.status::text = 'sent'::text)
    EXECUTE FUNCTION billing_credit_note_restocked();
CREATE TRIGGER core_count_delete AFTER DELETE ON billing_credit_note REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_insert AFTER INSERT ON billing_credit_note REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON billing_credit_note
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_credit_note
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_credit_note_line --------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE billing_credit_note_line (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    position integer NOT NULL,
    description character varying(1000) NOT NULL,
    unit_price bigint NOT NULL,
    discount bigint NOT NULL,
    tax_rate numeric(7,4) NOT NULL,
    total bigint NOT NULL,
    quantity numeric(15,3),
    credit_note_id uuid NOT NULL,
    invoice_line_id uuid NOT NULL,
    restock_movement_id uuid,
    restock_warehouse_id uuid,
    item_number character varying(64),
    price_base_quantity numeric(15,3) DEFAULT 1 NOT NULL,
    tax_code_id uuid,
    unit_code character varying(3) DEFAULT 'C62'::character varying NOT NULL,
    CONSTRAINT billing_credit_note_line_pkey PRIMARY KEY (id),
    CONSTRAINT billing_credit_note_line_amount_alone CHECK (quantity IS NOT NULL OR discount = 0 AND total > 0),
    CONSTRAINT billing_credit_note_line_description_present CHECK (NOT description::text = ''::text),
    CONSTRAINT billing_credit_note_line_position_positive CHECK ("position" >= 1),
    CONSTRAINT billing_credit_note_line_positive CHECK (total >= 0 AND unit_price >= 0),
    CONSTRAINT billing_credit_note_line_price_base_positive CHECK (price_base_quantity > 0::numeric),
    CONSTRAINT billing_credit_note_line_quantity_positive CHECK (quantity > 0::numeric),
    CONSTRAINT billing_credit_note_line_restocks_quantity CHECK (restock_movement_id IS NULL AND restock_warehouse_id IS NULL OR quantity IS NOT NULL AND restock_warehouse_id IS NOT NULL),
    CONSTRAINT billing_credit_note_line_tax_rate_bounds CHECK (tax_rate >= 0::numeric AND tax_rate <= 100::numeric),
    CONSTRAINT billing_credit_note_line_total_fits CHECK (total::numeric = (div(2::numeric * COALESCE(quantity, 1::numeric) * unit_price::numeric + price_base_quantity, 2::numeric * price_base_quantity) - discount::numeric)),
    CONSTRAINT billing_credit_note_line_unit_code_form CHECK (unit_code::text ~ '^[A-Z0-9]{2,3}$'::text),
    CONSTRAINT billing_credit_note__credit_note_id_f8d1351e_fk_billing_c FOREIGN KEY (credit_note_id) REFERENCES billing_credit_note(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note__invoice_line_id_bb2f9341_fk_billing_i FOREIGN KEY (invoice_line_id) REFERENCES billing_invoice_line(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note__restock_movement_id_8d4f3e78_fk_inventory FOREIGN KEY (restock_movement_id) REFERENCES inventory_movement(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note__restock_warehouse_id_067cd915_fk_inventory FOREIGN KEY (restock_warehouse_id) REFERENCES inventory_warehouse(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note__tax_code_id_b0c41601_fk_accountin FOREIGN KEY (tax_code_id) REFERENCES accounting_tax_code(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_credit_note_line_rate_of_tax_code FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code(id, rate),
    CONSTRAINT billing_credit_note_line_once UNIQUE (credit_note_id, invoice_line_id),
    CONSTRAINT billing_credit_note_line_position_unique UNIQUE (credit_note_id, "position"),
    CONSTRAINT billing_credit_note_line_restock_movement_id_key UNIQUE (restock_movement_id)
);

CREATE INDEX billing_credit_note_line_of ON billing_credit_note_line USING btree (invoice_line_id);
CREATE INDEX billing_credit_note_line_tax ON billing_credit_note_line USING btree (tax_code_id) WHERE tax_code_id IS NOT NULL;

CREATE TRIGGER billing_credit_note_line_audit_delete AFTER DELETE ON billing_credit_note_line REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'credit_note_id', 'lines');
CREATE TRIGGER billing_credit_note_line_audit_insert AFTER INSERT ON billing_credit_note_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'credit_note_id', 'lines');
CREATE TRIGGER billing_credit_note_line_audit_update AFTER UPDATE ON billing_credit_note_line REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'credit_note_id', 'lines');
CREATE TRIGGER billing_credit_note_line_change BEFORE INSERT OR DELETE OR UPDATE ON billing_credit_note_line
    FOR EACH ROW
    EXECUTE FUNCTION billing_credit_note_line_change();
CREATE TRIGGER billing_credit_note_line_no_truncate BEFORE TRUNCATE ON billing_credit_note_line
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_credit_note_line_drafts_only', 'lines that were issued stay');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_credit_note_line
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_e_invoice ---------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE billing_e_invoice (
    id uuid NOT NULL,
    profile character varying(13) NOT NULL,
    checksum character varying(64) NOT NULL,
    xml bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    credit_note_id uuid,
    invoice_id uuid,
    CONSTRAINT billing_e_invoice_pkey PRIMARY KEY (id),
    CONSTRAINT billing_e_invoice_checksum_fits CHECK (checksum::text = encode(sha256(xml), 'hex'::text)),
    CONSTRAINT billing_e_invoice_of_one CHECK (credit_note_id IS NULL AND invoice_id IS NOT NULL OR credit_note_id IS NOT NULL AND invoice_id IS NULL),
    CONSTRAINT billing_e_invoice_profile_known CHECK (profile::text = ANY (ARRAY['xrechnung-ubl'::character varying, 'xrechnung-cii'::character varying, 'peppol'::character varying, 'facturx'::character varying]::text[])),
    CONSTRAINT billing_e_invoice_credit_note_id_12053ecc_fk_billing_c FOREIGN KEY (credit_note_id) REFERENCES billing_credit_note(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_e_invoice_invoice_id_b532a07b_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_e_invoice_of_credit_note_unique UNIQUE (credit_note_id, profile),
    CONSTRAINT billing_e_invoice_of_invoice_unique UNIQUE (invoice_id, profile)
);

CREATE INDEX billing_e_invoice_sum ON billing_e_invoice USING btree (checksum);

CREATE TRIGGER billing_e_invoice_append_only BEFORE DELETE OR UPDATE ON billing_e_invoice
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_e_invoice_append_only', 'what was handed out stays');
CREATE TRIGGER billing_e_invoice_no_truncate BEFORE TRUNCATE ON billing_e_invoice
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_e_invoice_append_only', 'what was handed out stays');
CREATE TRIGGER billing_e_invoice_of_sent BEFORE INSERT ON billing_e_invoice
    FOR EACH ROW
    EXECUTE FUNCTION billing_document_of_sent();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_e_invoice
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_email -------------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE billing_email (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(8) NOT NULL,
    level smallint,
    recipients character varying(254)[] NOT NULL,
    cc character varying(254)[] NOT NULL,
    subject character varying(200) NOT NULL,
    message text NOT NULL,
    language character varying(2) NOT NULL,
    status character varying(9) NOT NULL,
    attempts integer NOT NULL,
    error text NOT NULL,
    attachments jsonb NOT NULL,
    sent_at timestamp with time zone,
    created_by_id uuid,
    credit_note_id uuid,
    invoice_id uuid,
    order_id uuid,
    CONSTRAINT billing_email_pkey PRIMARY KEY (id),
    CONSTRAINT billing_email_attempts_positive CHECK (attempts >= 0),
    CONSTRAINT billing_email_has_recipients CHECK (
CASE
    WHEN recipients IS NULL THEN NULL::integer
    ELSE COALESCE(array_length(recipients, 1), 0)
END >= 1),
    CONSTRAINT billing_email_has_text CHECK (NOT subject::text = ''::text AND NOT message = ''::text),
    CONSTRAINT billing_email_level_fits CHECK (kind::text = 'document'::text AND level IS NULL OR credit_note_id IS NULL AND invoice_id IS NOT NULL AND order_id IS NULL AND kind::text = 'reminder'::text AND level >= 1 AND level IS NOT NULL),
    CONSTRAINT billing_email_of_one CHECK (credit_note_id IS NULL AND invoice_id IS NOT NULL AND order_id IS NULL OR credit_note_id IS NOT NULL AND invoice_id IS NULL AND order_id IS NULL OR credit_note_id IS NULL AND invoice_id IS NULL AND order_id IS NOT NULL),
    CONSTRAINT billing_email_status_fits CHECK (sent_at IS NULL AND (status::text = ANY (ARRAY['queued'::character varying, 'failed'::character varying, 'cancelled'::character varying]::text[])) OR sent_at IS NOT NULL AND status::text = 'sent'::text),
    CONSTRAINT billing_email_created_by_id_ea26d346_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_email_credit_note_id_d05c69c8_fk_billing_credit_note_id FOREIGN KEY (credit_note_id) REFERENCES billing_credit_note(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_email_invoice_id_bdfa9805_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_email_order_id_4ae3f46d_fk_billing_order_id FOREIGN KEY (order_id) REFERENCES billing_order(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX billing_email_created_at ON billing_email USING btree (created_at, id);
CREATE INDEX billing_email_credit_note ON billing_email USING btree (credit_note_id, id) WHERE credit_note_id IS NOT NULL;
CREATE INDEX billing_email_invoice ON billing_email USING btree (invoice_id, id) WHERE invoice_id IS NOT NULL;
CREATE INDEX billing_email_kind ON billing_email USING btree (kind, id);
CREATE UNIQUE INDEX billing_email_level_once ON billing_email USING btree (invoice_id, level) WHERE status::text = ANY (ARRAY['queued'::character varying, 'sent'::character varying]::text[]);
CREATE INDEX billing_email_order ON billing_email USING btree (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX billing_email_status ON billing_email USING btree (status, id);

CREATE TRIGGER billing_email_audit_again_invoices AFTER UPDATE OF status ON billing_email
    FOR EACH ROW WHEN (new.order_id IS NULL AND old.status::text = 'failed'::text AND new.status::text = 'queued'::text)
    EXECUTE FUNCTION audit_row('invoices');
CREATE TRIGGER billing_email_audit_again_orders AFTER UPDATE OF status ON billing_email
    FOR EACH ROW WHEN (new.order_id IS NOT NULL AND old.status::text = 'failed'::text AND new.status::text = 'queued'::text)
    EXECUTE FUNCTION audit_row('orders');
CREATE TRIGGER billing_email_audit_invoices AFTER INSERT ON billing_email
    FOR EACH ROW WHEN (new.order_id IS NULL)
    EXECUTE FUNCTION audit_row('invoices');
CREATE TRIGGER billing_email_audit_orders AFTER INSERT ON billing_email
    FOR EACH ROW WHEN (new.order_id IS NOT NULL)
    EXECUTE FUNCTION audit_row('orders');
CREATE TRIGGER billing_email_begin BEFORE INSERT ON billing_email
    FOR EACH ROW
    EXECUTE FUNCTION billing_email_begin();
CREATE TRIGGER billing_email_change BEFORE UPDATE ON billing_email
    FOR EACH ROW
    EXECUTE FUNCTION billing_email_change();
CREATE TRIGGER billing_email_no_truncate BEFORE TRUNCATE ON billing_email
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_email_permanent', 'the log of e-mail only grows');
CREATE TRIGGER billing_email_permanent BEFORE DELETE ON billing_email
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_email_permanent', 'the log of e-mail only grows');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_email
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_invoice -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE billing_invoice (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(40) NOT NULL,
    customer_name character varying(255) NOT NULL,
    currency character varying(3) NOT NULL,
    status character varying(9) NOT NULL,
    subtotal bigint NOT NULL,
    tax_total bigint NOT NULL,
    tax_breakdown jsonb NOT NULL,
    total bigint NOT NULL,
    amount_paid bigint NOT NULL,
    issue_date date NOT NULL,
    due_date date NOT NULL,
    notes text,
    sent_at timestamp with time zone,
    paid_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    cancel_reason text,
    number_key text GENERATED ALWAYS AS ((split_part((number)::text, '-'::text, 2) || lpad(split_part((number)::text, '-'::text, 3), 12, '0'::text))) STORED,
    created_by_id uuid,
    customer_id uuid NOT NULL,
    order_id uuid,
    amount_credited bigint DEFAULT 0 NOT NULL,
    amount_written_off bigint DEFAULT 0 NOT NULL,
    credited_total bigint DEFAULT 0 NOT NULL,
    buyer_reference character varying(100),
    delivery_address jsonb,
    delivery_date date,
    issue_date_given boolean DEFAULT false NOT NULL,
    payment_days smallint,
    posted_on date,
    purchase_order_reference character varying(100),
    service_end date,
    service_start date,
    cancelled_on date,
    origin character varying(8) DEFAULT 'created'::character varying NOT NULL,
    search_text text GENERATED ALWAYS AS (skeleton_search_text((COALESCE(customer_name, ''::character varying))::text, (COALESCE(number, ''::character varying))::text, 1)) STORED,
    CONSTRAINT billing_invoice_pkey PRIMARY KEY (id),
    CONSTRAINT billing_invoice_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT billing_invoice_delivery_address_form CHECK (delivery_address IS NULL OR jsonb_typeof(delivery_address) = 'object'::text),
    CONSTRAINT billing_invoice_due_date_counted CHECK (payment_days IS NULL OR payment_days >= 0 AND due_date = (issue_date + payment_days::integer)),
    CONSTRAINT billing_invoice_number_form CHECK (
CASE origin
    WHEN 'imported'::text THEN number::text = btrim(number::text) AND number::text <> ''::text
    ELSE number::text ~ '^INV-[0-9]{4}-([0-9]{3}|[1-9][0-9]{3,11})$'::text
END),
    CONSTRAINT billing_invoice_origin_fits CHECK (origin::text = 'created'::text OR order_id IS NULL AND origin::text = 'imported'::text AND total > 0 AND (posted_on IS NULL OR posted_on >= issue_date)),
    CONSTRAINT billing_invoice_paid_within_total CHECK (amount_credited >= 0 AND amount_paid >= 0 AND amount_written_off >= 0 AND credited_total >= 0 AND credited_total <= total AND total >= (amount_paid + amount_credited + amount_written_off)),
    CONSTRAINT billing_invoice_positive CHECK (subtotal >= 0 AND tax_total >= 0),
    CONSTRAINT billing_invoice_posted_when_sent CHECK (posted_on IS NULL AND sent_at IS NULL OR posted_on IS NOT NULL AND sent_at IS NOT NULL),
    CONSTRAINT billing_invoice_status_fits CHECK (paid_at IS NULL AND sent_at IS NULL AND cancel_reason IS NULL AND cancelled_at IS NULL AND amount_paid = 0 AND amount_written_off = 0 AND amount_credited = 0 AND credited_total = 0 AND status::text = 'draft'::text OR cancel_reason IS NULL AND cancelled_at IS NULL AND paid_at IS NULL AND sent_at IS NOT NULL AND status::text = 'sent'::text AND total > (amount_paid + amount_credited + amount_written_off) OR cancel_reason IS NULL AND cancelled_at IS NULL AND paid_at IS NOT NULL AND sent_at IS NOT NULL AND status::text = 'paid'::text AND total = (amount_paid + amount_credited + amount_written_off) OR amount_paid = 0 AND amount_written_off = 0 AND cancelled_at IS NOT NULL AND paid_at IS NULL AND status::text = 'cancelled'::text),
    CONSTRAINT billing_invoice_status_known CHECK (status::text = ANY (ARRAY['draft'::character varying, 'sent'::character varying, 'paid'::character varying, 'cancelled'::character varying]::text[])),
    CONSTRAINT billing_invoice_supply_fits CHECK (service_end IS NULL AND service_start IS NULL OR delivery_date IS NULL AND service_end IS NOT NULL AND service_start IS NOT NULL AND service_end >= service_start),
    CONSTRAINT billing_invoice_total_is_sum CHECK (total = (subtotal + tax_total)),
    CONSTRAINT billing_invoice_created_by_id_c711181e_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_customer_id_12e1ebba_fk_parties_party_id FOREIGN KEY (customer_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_order_id_2948c8f7_fk_billing_order_id FOREIGN KEY (order_id) REFERENCES billing_order(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_number_unique UNIQUE (number)
);

CREATE INDEX billing_invoice_cancelled_on ON billing_invoice USING btree (cancelled_on, id) WHERE cancelled_on IS NOT NULL AND sent_at IS NOT NULL;
CREATE INDEX billing_invoice_created_at ON billing_invoice USING btree (created_at, id);
CREATE INDEX billing_invoice_currency ON billing_invoice USING btree (currency, id);
CREATE INDEX billing_invoice_customer ON billing_invoice USING btree (customer_id, id);
CREATE INDEX billing_invoice_due_date ON billing_invoice USING btree (due_date, id);
CREATE UNIQUE INDEX billing_invoice_imported_number ON billing_invoice USING btree (upper(number::text)) WHERE origin::text = 'imported'::text;
CREATE INDEX billing_invoice_issue_date ON billing_invoice USING btree (issue_date, id);
CREATE INDEX billing_invoice_number ON billing_invoice USING btree (number_key, id);
CREATE INDEX billing_invoice_open ON billing_invoice USING btree (due_date, id) WHERE status::text = 'sent'::text;
CREATE INDEX billing_invoice_order ON billing_invoice USING btree (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX billing_invoice_origin ON billing_invoice USING btree (origin, id);
CREATE INDEX billing_invoice_owed ON billing_invoice USING btree (currency, due_date) INCLUDE (total, amount_paid, amount_credited, amount_written_off) WHERE status::text = 'sent'::text;
CREATE INDEX billing_invoice_owed_by ON billing_invoice USING btree (customer_id) WHERE status::text = 'sent'::text;
CREATE INDEX billing_invoice_posted_on ON billing_invoice USING btree (posted_on, id) WHERE posted_on IS NOT NULL;
CREATE INDEX billing_invoice_search ON billing_invoice USING gin (search_text gin_trgm_ops);
CREATE INDEX billing_invoice_status ON billing_invoice USING btree (status, id);
CREATE INDEX billing_invoice_total ON billing_invoice USING btree (total, id);

CREATE TRIGGER billing_invoice_audit AFTER INSERT OR DELETE OR UPDATE ON billing_invoice
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('invoices', '{search_text,number_key}');
CREATE TRIGGER billing_invoice_begin BEFORE INSERT ON billing_invoice
    FOR EACH ROW
    EXECUTE FUNCTION billing_invoice_begin();
CREATE TRIGGER billing_invoice_cancelled_on BEFORE UPDATE ON billing_invoice
    FOR EACH ROW WHEN (new.cancelled_at IS DISTINCT FROM old.cancelled_at OR new.cancelled_on IS DISTINCT FROM old.cancelled_on)
    EXECUTE FUNCTION billing_invoice_cancelled_on();
CREATE TRIGGER billing_invoice_change BEFORE UPDATE ON billing_invoice
    FOR EACH ROW
    EXECUTE FUNCTION billing_invoice_change();
CREATE TRIGGER billing_invoice_credited BEFORE UPDATE ON billing_invoice
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND (new.credited_total <> old.credited_total OR new.status::text = 'cancelled'::text AND (old.status::text = ANY (ARRAY['sent'::character varying, 'paid'::character varying]::text[]))))
    EXECUTE FUNCTION billing_invoice_credited();
CREATE CONSTRAINT TRIGGER billing_invoice_in_books AFTER UPDATE OF status ON billing_invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text)
    EXECUTE FUNCTION billing_invoice_in_books();
CREATE TRIGGER billing_invoice_no_truncate BEFORE TRUNCATE ON billing_invoice
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_invoice_permanent', 'invoices are never deleted');
CREATE TRIGGER billing_invoice_of_order BEFORE INSERT ON billing_invoice
    FOR EACH ROW WHEN (new.order_id IS NOT NULL)
    EXECUTE FUNCTION billing_invoice_of_order();
CREATE TRIGGER billing_invoice_order_stays BEFORE UPDATE OF order_id ON billing_invoice
    FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id)
    EXECUTE FUNCTION skeleton_never('billing_invoice_identity', 'the order of an invoice stays');
CREATE CONSTRAINT TRIGGER billing_invoice_paid AFTER UPDATE OF amount_paid, amount_credited, amount_written_off ON billing_invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION billing_invoice_paid();
CREATE TRIGGER billing_invoice_paid_at_ahead BEFORE UPDATE OF paid_at ON billing_invoice
    FOR EACH ROW WHEN (new.paid_at IS DISTINCT FROM old.paid_at AND new.paid_at > (clock_timestamp() + '00:05:00'::interval))
    EXECUTE FUNCTION skeleton_never('billing_invoice_paid_at_ahead', 'an invoice is not paid in the future');
CREATE TRIGGER billing_invoice_permanent BEFORE DELETE ON billing_invoice
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_invoice_permanent', 'a numbered invoice is never deleted');
CREATE CONSTRAINT TRIGGER billing_invoice_totals AFTER INSERT OR UPDATE OF subtotal, tax_total, tax_breakdown, status ON billing_invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION billing_invoice_totals();
CREATE TRIGGER billing_order_billed AFTER UPDATE OF status, credited_total ON billing_invoice
    FOR EACH ROW WHEN (new.order_id IS NOT NULL AND ((old.status::text = ANY (ARRAY['sent'::character varying, 'paid'::character varying]::text[])) AND NOT (old.total > 0 AND old.credited_total = old.total)) <> ((new.status::text = ANY (ARRAY['sent'::character varying, 'paid'::character varying]::text[])) AND NOT (new.total > 0 AND new.credited_total = new.total)))
    EXECUTE FUNCTION billing_order_billed();
CREATE TRIGGER billing_purchases_follow AFTER UPDATE OF status, credited_total ON billing_invoice
    FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text OR old.credited_total IS DISTINCT FROM new.credited_total)
    EXECUTE FUNCTION billing_purchases_follow();
CREATE TRIGGER core_count_delete AFTER DELETE ON billing_invoice REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows('status');
CREATE TRIGGER core_count_insert AFTER INSERT ON billing_invoice REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows('status');
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON billing_invoice
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_update AFTER UPDATE ON billing_invoice
    FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text)
    EXECUTE FUNCTION core_count_rows('status');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_invoice
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_invoice_line ------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE billing_invoice_line (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    position integer NOT NULL,
    description character varying(1000) NOT NULL,
    quantity numeric(15,3) NOT NULL,
    unit_price bigint NOT NULL,
    discount bigint NOT NULL,
    tax_rate numeric(7,4) NOT NULL,
    total bigint NOT NULL,
    invoice_id uuid NOT NULL,
    order_line_id uuid,
    item_id uuid,
    item_number character varying(64),
    price_base_quantity numeric(15,3) DEFAULT 1 NOT NULL,
    tax_code_id uuid,
    unit_code character varying(3) DEFAULT 'C62'::character varying NOT NULL,
    CONSTRAINT billing_invoice_line_pkey PRIMARY KEY (id),
    CONSTRAINT billing_invoice_line_description_present CHECK (NOT description::text = ''::text),
    CONSTRAINT billing_invoice_line_position_positive CHECK ("position" >= 1),
    CONSTRAINT billing_invoice_line_positive CHECK (discount >= 0 AND total >= 0 AND unit_price >= 0),
    CONSTRAINT billing_invoice_line_price_base_positive CHECK (price_base_quantity > 0::numeric),
    CONSTRAINT billing_invoice_line_quantity_positive CHECK (quantity > 0::numeric),
    CONSTRAINT billing_invoice_line_tax_rate_bounds CHECK (tax_rate >= 0::numeric AND tax_rate <= 100::numeric),
    CONSTRAINT billing_invoice_line_total_fits CHECK (total::numeric = (div(2::numeric * quantity * unit_price::numeric + price_base_quantity, 2::numeric * price_base_quantity) - discount::numeric)),
    CONSTRAINT billing_invoice_line_unit_code_form CHECK (unit_code::text ~ '^[A-Z0-9]{2,3}$'::text),
    CONSTRAINT billing_invoice_line_invoice_id_8569116f_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_line_item_id_28f803c4_fk_inventory_item_id FOREIGN KEY (item_id) REFERENCES inventory_item(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_line_order_line_id_855b159e_fk_billing_o FOREIGN KEY (order_line_id) REFERENCES billing_order_line(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_line_rate_of_tax_code FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code(id, rate),
    CONSTRAINT billing_invoice_line_tax_code_id_67208b77_fk_accountin FOREIGN KEY (tax_code_id) REFERENCES accounting_tax_code(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_invoice_line_position_unique UNIQUE (invoice_id, "position")
);

CREATE INDEX billing_invoice_line_order ON billing_invoice_line USING btree (order_line_id) WHERE order_line_id IS NOT NULL;
CREATE INDEX billing_invoice_line_tax ON billing_invoice_line USING btree (tax_code_id) WHERE tax_code_id IS NOT NULL;

CREATE TRIGGER billing_invoice_line_audit_delete AFTER DELETE ON billing_invoice_line REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'lines');
CREATE TRIGGER billing_invoice_line_audit_insert AFTER INSERT ON billing_invoice_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'lines');
CREATE TRIGGER billing_invoice_line_audit_update AFTER UPDATE ON billing_invoice_line REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'lines');
CREATE TRIGGER billing_invoice_line_bills_insert AFTER INSERT ON billing_invoice_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_invoice_line_bills();
CREATE TRIGGER billing_invoice_line_bills_update AFTER UPDATE ON billing_invoice_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_invoice_line_bills();
CREATE TRIGGER billing_invoice_line_delete AFTER DELETE ON billing_invoice_line REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_invoice_line_change();
CREATE TRIGGER billing_invoice_line_insert AFTER INSERT ON billing_invoice_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_invoice_line_change();
CREATE TRIGGER billing_invoice_line_no_truncate BEFORE TRUNCATE ON billing_invoice_line
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_invoice_line_drafts_only', 'lines that were sent stay');
CREATE TRIGGER billing_invoice_line_order_stays BEFORE UPDATE OF order_line_id ON billing_invoice_line
    FOR EACH ROW WHEN (old.order_line_id IS DISTINCT FROM new.order_line_id)
    EXECUTE FUNCTION skeleton_never('billing_invoice_line_of_its_order', 'what a line bills stays');
CREATE TRIGGER billing_invoice_line_update AFTER UPDATE ON billing_invoice_line REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_invoice_line_change();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_invoice_line
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_issued_document ---------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT

CREATE TABLE billing_issued_document (
    id uuid NOT NULL,
    language character varying(2) NOT NULL,
    contents character varying(64) NOT NULL,
    checksum character varying(64) NOT NULL,
    pdf bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    invoice_id uuid,
    credit_note_id uuid,
    CONSTRAINT billing_issued_document_pkey PRIMARY KEY (id),
    CONSTRAINT billing_issued_document_checksum_fits CHECK (checksum::text = encode(sha256(pdf), 'hex'::text)),
    CONSTRAINT billing_issued_document_digest CHECK (contents::text ~ '^[0-9a-f]{64}$'::text),
    CONSTRAINT billing_issued_document_of_one CHECK (credit_note_id IS NULL AND invoice_id IS NOT NULL OR credit_note_id IS NOT NULL AND invoice_id IS NULL),
    CONSTRAINT billing_issued_docum_credit_note_id_e139c5e5_fk_billing_c FOREIGN KEY (credit_note_id) REFERENCES billing_credit_note(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_issued_docum_invoice_id_ef127bcd_fk_billing_i FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_issued_document_contents_unique UNIQUE (invoice_id, contents),
    CONSTRAINT billing_issued_document_of_credit_note_unique UNIQUE (credit_note_id, contents)
);

CREATE INDEX billing_issued_document_sum ON billing_issued_document USING btree (checksum);

CREATE TRIGGER billing_issued_document_append_only BEFORE DELETE OR UPDATE ON billing_issued_document
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_issued_document_append_only', 'what was handed out stays');
CREATE TRIGGER billing_issued_document_no_truncate BEFORE TRUNCATE ON billing_issued_document
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_issued_document_append_only', 'what was handed out stays');
CREATE TRIGGER billing_issued_document_of_sent BEFORE INSERT ON billing_issued_document
    FOR EACH ROW
    EXECUTE FUNCTION billing_document_of_sent();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_issued_document
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_order -------------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE

CREATE TABLE billing_order (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(40) NOT NULL,
    customer_name character varying(255) NOT NULL,
    currency character varying(3) NOT NULL,
    subtotal bigint NOT NULL,
    tax_total bigint NOT NULL,
    tax_breakdown jsonb NOT NULL,
    total bigint NOT NULL,
    notes text,
    number_key text GENERATED ALWAYS AS ((split_part((number)::text, '-'::text, 2) || lpad(split_part((number)::text, '-'::text, 3), 12, '0'::text))) STORED,
    status character varying(9) NOT NULL,
    status_reason text,
    shipping_address jsonb,
    unbilled_total bigint NOT NULL,
    created_by_id uuid,
    customer_id uuid NOT NULL,
    search_text text GENERATED ALWAYS AS (skeleton_search_text((COALESCE(customer_name, ''::character varying))::text, (COALESCE(number, ''::character varying))::text, 1)) STORED,
    CONSTRAINT billing_order_pkey PRIMARY KEY (id),
    CONSTRAINT billing_order_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT billing_order_number_form CHECK (number::text ~ '^ORD-[0-9]{4}-([0-9]{6}|[1-9][0-9]{6,11})$'::text AND split_part(number::text, '-'::text, 2) >= lpad(EXTRACT(year FROM (created_at AT TIME ZONE 'UTC'::text) - '12:00:00'::interval)::text, 4, '0'::text) AND split_part(number::text, '-'::text, 2) <= lpad(EXTRACT(year FROM (created_at AT TIME ZONE 'UTC'::text) + '14:00:00'::interval)::text, 4, '0'::text)),
    CONSTRAINT billing_order_positive CHECK (subtotal >= 0 AND tax_total >= 0),
    CONSTRAINT billing_order_shipping_address_form CHECK (jsonb_typeof(shipping_address) = 'object'::text),
    CONSTRAINT billing_order_status_known CHECK (status::text = ANY (ARRAY['draft'::character varying, 'pending'::character varying, 'confirmed'::character varying, 'shipped'::character varying, 'delivered'::character varying, 'cancelled'::character varying]::text[])),
    CONSTRAINT billing_order_total_is_sum CHECK (total = (subtotal + tax_total)),
    CONSTRAINT billing_order_unbilled_fits CHECK (unbilled_total = 0 OR (status::text = ANY (ARRAY['confirmed'::character varying, 'shipped'::character varying, 'delivered'::character varying]::text[])) AND unbilled_total > 0),
    CONSTRAINT billing_order_created_by_id_ba7390cc_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_order_customer_id_42dbafab_fk_parties_party_id FOREIGN KEY (customer_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_order_number_unique UNIQUE (number)
);

CREATE INDEX billing_order_created_at ON billing_order USING btree (created_at, id);
CREATE INDEX billing_order_customer ON billing_order USING btree (customer_id, id);
CREATE INDEX billing_order_number ON billing_order USING btree (number_key, id);
CREATE INDEX billing_order_search ON billing_order USING gin (search_text gin_trgm_ops);
CREATE INDEX billing_order_status ON billing_order USING btree (status, id);
CREATE INDEX billing_order_total ON billing_order USING btree (total, id);
CREATE INDEX billing_order_unbilled ON billing_order USING btree (customer_id) WHERE unbilled_total > 0;

CREATE TRIGGER billing_order_audit AFTER INSERT OR DELETE OR UPDATE ON billing_order
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('orders', '{search_text,number_key,unbilled_total}');
CREATE TRIGGER billing_order_begin BEFORE INSERT ON billing_order
    FOR EACH ROW
    EXECUTE FUNCTION billing_order_begin();
CREATE TRIGGER billing_order_change BEFORE UPDATE ON billing_order
    FOR EACH ROW
    EXECUTE FUNCTION billing_order_change();
CREATE TRIGGER billing_order_keep_status AFTER UPDATE OF status ON billing_order
    FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text)
    EXECUTE FUNCTION billing_order_keep_status();
CREATE TRIGGER billing_order_no_truncate BEFORE TRUNCATE ON billing_order
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_order_permanent', 'orders are never deleted');
CREATE TRIGGER billing_order_permanent BEFORE DELETE ON billing_order
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_order_permanent', 'a numbered order is never deleted');
CREATE CONSTRAINT TRIGGER billing_order_stock AFTER UPDATE OF status ON billing_order DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text)
    EXECUTE FUNCTION billing_order_stock();
CREATE CONSTRAINT TRIGGER billing_order_totals AFTER INSERT OR UPDATE OF subtotal, tax_total, tax_breakdown, status ON billing_order DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION billing_order_totals();
CREATE TRIGGER core_count_delete AFTER DELETE ON billing_order REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows('status');
CREATE TRIGGER core_count_insert AFTER INSERT ON billing_order REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows('status');
CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON billing_order
    FOR EACH STATEMENT
    EXECUTE FUNCTION core_count_rows();
CREATE TRIGGER core_count_update AFTER UPDATE ON billing_order
    FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text)
    EXECUTE FUNCTION core_count_rows('status');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_order
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_order_line --------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE billing_order_line (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    position integer NOT NULL,
    description character varying(1000) NOT NULL,
    quantity numeric(15,3) NOT NULL,
    unit_price bigint NOT NULL,
    discount bigint NOT NULL,
    tax_rate numeric(7,4) NOT NULL,
    total bigint NOT NULL,
    item_id uuid NOT NULL,
    order_id uuid NOT NULL,
    item_number character varying(64),
    price_base_quantity numeric(15,3) DEFAULT 1 NOT NULL,
    tax_code_id uuid,
    unit_code character varying(3) DEFAULT 'C62'::character varying NOT NULL,
    CONSTRAINT billing_order_line_pkey PRIMARY KEY (id),
    CONSTRAINT billing_order_line_description_present CHECK (NOT description::text = ''::text),
    CONSTRAINT billing_order_line_position_positive CHECK ("position" >= 1),
    CONSTRAINT billing_order_line_positive CHECK (discount >= 0 AND total >= 0 AND unit_price >= 0),
    CONSTRAINT billing_order_line_price_base_positive CHECK (price_base_quantity > 0::numeric),
    CONSTRAINT billing_order_line_quantity_positive CHECK (quantity > 0::numeric),
    CONSTRAINT billing_order_line_tax_rate_bounds CHECK (tax_rate >= 0::numeric AND tax_rate <= 100::numeric),
    CONSTRAINT billing_order_line_total_fits CHECK (total::numeric = (div(2::numeric * quantity * unit_price::numeric + price_base_quantity, 2::numeric * price_base_quantity) - discount::numeric)),
    CONSTRAINT billing_order_line_unit_code_form CHECK (unit_code::text ~ '^[A-Z0-9]{2,3}$'::text),
    CONSTRAINT billing_order_line_item_id_69aea59c_fk_inventory_item_id FOREIGN KEY (item_id) REFERENCES inventory_item(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_order_line_order_id_50a4cfe7_fk_billing_order_id FOREIGN KEY (order_id) REFERENCES billing_order(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_order_line_rate_of_tax_code FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code(id, rate),
    CONSTRAINT billing_order_line_tax_code_id_0987d867_fk_accountin FOREIGN KEY (tax_code_id) REFERENCES accounting_tax_code(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_order_line_position_unique UNIQUE (order_id, "position")
);

CREATE INDEX billing_order_line_tax ON billing_order_line USING btree (tax_code_id) WHERE tax_code_id IS NOT NULL;

CREATE TRIGGER billing_order_line_audit_delete AFTER DELETE ON billing_order_line REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('orders', 'order_id', 'lines');
CREATE TRIGGER billing_order_line_audit_insert AFTER INSERT ON billing_order_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('orders', 'order_id', 'lines');
CREATE TRIGGER billing_order_line_audit_update AFTER UPDATE ON billing_order_line REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('orders', 'order_id', 'lines');
CREATE TRIGGER billing_order_line_delete AFTER DELETE ON billing_order_line REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_order_line_change();
CREATE TRIGGER billing_order_line_insert AFTER INSERT ON billing_order_line REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_order_line_change();
CREATE TRIGGER billing_order_line_no_truncate BEFORE TRUNCATE ON billing_order_line
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_order_line_drafts_only', 'lines that were ordered stay');
CREATE TRIGGER billing_order_line_update AFTER UPDATE ON billing_order_line REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_order_line_change();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_order_line
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_order_status_change -----------------------------------------------------------------------------------------
-- The application may: SELECT

CREATE TABLE billing_order_status_change (
    id uuid NOT NULL,
    from_status character varying(9) NOT NULL,
    status character varying(9) NOT NULL,
    reason text,
    changed_at timestamp with time zone NOT NULL,
    changed_by_id uuid,
    order_id uuid NOT NULL,
    CONSTRAINT billing_order_status_change_pkey PRIMARY KEY (id),
    CONSTRAINT billing_order_status_changed_by_id_3f18d841_fk_identity_ FOREIGN KEY (changed_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_order_status_order_id_11ac3a4a_fk_billing_o FOREIGN KEY (order_id) REFERENCES billing_order(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX billing_order_status_change_of ON billing_order_status_change USING btree (order_id, id);

CREATE TRIGGER billing_order_status_change_append_only BEFORE DELETE OR UPDATE ON billing_order_status_change
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_order_history_append_only', 'history is append-only');
CREATE TRIGGER billing_order_status_change_derived BEFORE INSERT ON billing_order_status_change
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('billing_order_history_append_only', 'the history follows from the order');
CREATE TRIGGER billing_order_status_change_no_truncate BEFORE TRUNCATE ON billing_order_status_change
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_order_history_append_only', 'history is append-only');

-- billing_payment -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE (but for allocated, amount, created_at, created_by_id, currency, customer_id, day, direction, external_id, id, method, number, paid_at, reference, refund_of_credit_note_id, refund_of_payment_id, refunded)

CREATE TABLE billing_payment (
    id uuid NOT NULL,
    amount bigint NOT NULL,
    method character varying(13) NOT NULL,
    reference character varying(255),
    paid_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    number character varying(40) NOT NULL,
    direction character varying(3) NOT NULL,
    customer_id uuid NOT NULL,
    currency character varying(3) NOT NULL,
    allocated bigint DEFAULT 0 NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    external_id character varying(255),
    refund_of_payment_id uuid,
    reversed_at timestamp with time zone,
    reversal_day date,
    reversal_reason text,
    number_key text GENERATED ALWAYS AS ((split_part((number)::text, '-'::text, 2) || lpad(split_part((number)::text, '-'::text, 3), 12, '0'::text))) STORED,
    refund_of_credit_note_id uuid,
    day date NOT NULL,
    search_text text GENERATED ALWAYS AS (skeleton_search_text(''::text, ((COALESCE(COALESCE(number, ''::character varying), ''::character varying))::text || COALESCE((COALESCE('
'::text, ''::text) || COALESCE(((COALESCE(COALESCE(reference, ''::character varying), ''::character varying))::text || COALESCE((COALESCE('
'::text, ''::text) || (COALESCE(COALESCE(external_id, ''::character varying), ''::character varying))::text), ''::text)), ''::text)), ''::text)), 1)) STORED,
    CONSTRAINT billing_payment_pkey PRIMARY KEY (id),
    CONSTRAINT billing_payment_amount_positive CHECK (amount > 0),
    CONSTRAINT billing_payment_currency_form CHECK (currency::text ~ '^[A-Z]{3}$'::text),
    CONSTRAINT billing_payment_direction_fits CHECK (refund_of_credit_note_id IS NULL AND refund_of_payment_id IS NULL AND direction::text = 'in'::text OR (refund_of_credit_note_id IS NULL AND refund_of_payment_id IS NOT NULL OR refund_of_credit_note_id IS NOT NULL AND refund_of_payment_id IS NULL) AND allocated = 0 AND direction::text = 'out'::text AND refunded = 0),
    CONSTRAINT billing_payment_method_known CHECK (method::text = ANY (ARRAY['bank_transfer'::character varying, 'card'::character varying, 'cash'::character varying, 'check'::character varying, 'crypto'::character varying, 'other'::character varying]::text[])),
    CONSTRAINT billing_payment_number_form CHECK (number::text ~ '^PAY-[0-9]{4}-([0-9]{6}|[1-9][0-9]{6,11})$'::text AND split_part(number::text, '-'::text, 2) >= lpad(EXTRACT(year FROM (created_at AT TIME ZONE 'UTC'::text) - '12:00:00'::interval)::text, 4, '0'::text) AND split_part(number::text, '-'::text, 2) <= lpad(EXTRACT(year FROM (created_at AT TIME ZONE 'UTC'::text) + '14:00:00'::interval)::text, 4, '0'::text)),
    CONSTRAINT billing_payment_reversal_fits CHECK (reversal_day IS NULL AND reversal_reason IS NULL AND reversed_at IS NULL OR allocated = 0 AND refunded = 0 AND reversal_day IS NOT NULL AND reversal_reason IS NOT NULL AND reversed_at IS NOT NULL),
    CONSTRAINT billing_payment_within_amount CHECK (allocated >= 0 AND amount >= (allocated + refunded) AND refunded >= 0),
    CONSTRAINT billing_payment_created_by_id_d3ad50b7_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_payment_customer_id_d41cd1dd_fk_parties_party_id FOREIGN KEY (customer_id) REFERENCES parties_party(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_payment_refund_of_credit_not_fb46cffc_fk_billing_c FOREIGN KEY (refund_of_credit_note_id) REFERENCES billing_credit_note(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_payment_refund_of_payment_id_f5510703_fk_billing_p FOREIGN KEY (refund_of_payment_id) REFERENCES billing_payment(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_payment_number_unique UNIQUE (number)
);

CREATE INDEX billing_payment_amount ON billing_payment USING btree (amount, id);
CREATE INDEX billing_payment_created_at ON billing_payment USING btree (created_at, id);
CREATE INDEX billing_payment_customer ON billing_payment USING btree (customer_id, id);
CREATE INDEX billing_payment_direction ON billing_payment USING btree (direction, id);
CREATE UNIQUE INDEX billing_payment_external_id_unique ON billing_payment USING btree (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX billing_payment_method ON billing_payment USING btree (method, id);
CREATE INDEX billing_payment_number ON billing_payment USING btree (number_key, id);
CREATE INDEX billing_payment_paid_at ON billing_payment USING btree (paid_at, id);
CREATE INDEX billing_payment_reference ON billing_payment USING btree (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX billing_payment_refund_of ON billing_payment USING btree (refund_of_payment_id, id) WHERE refund_of_payment_id IS NOT NULL;
CREATE INDEX billing_payment_reversed ON billing_payment USING btree (reversal_day, id) WHERE reversal_day IS NOT NULL;
CREATE INDEX billing_payment_search ON billing_payment USING gin (search_text gin_trgm_ops);
CREATE INDEX billing_payment_unallocated ON billing_payment USING btree (customer_id, currency, id) WHERE amount > (allocated + refunded) AND direction::text = 'in'::text AND reversed_at IS NULL;

CREATE TRIGGER billing_credit_note_refund_reversed AFTER UPDATE OF reversed_at ON billing_payment
    FOR EACH ROW WHEN (new.refund_of_credit_note_id IS NOT NULL AND old.reversed_at IS NULL AND new.reversed_at IS NOT NULL)
    EXECUTE FUNCTION billing_credit_note_refunded();
CREATE TRIGGER billing_credit_note_refunded BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (new.refund_of_credit_note_id IS NOT NULL)
    EXECUTE FUNCTION billing_credit_note_refunded();
CREATE TRIGGER billing_payment_append_only BEFORE DELETE ON billing_payment
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_payment_append_only', 'payments are never deleted');
CREATE TRIGGER billing_payment_audit AFTER INSERT OR DELETE OR UPDATE ON billing_payment
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('invoices', '{search_text,number_key,allocated,refunded}');
CREATE TRIGGER billing_payment_begin BEFORE INSERT ON billing_payment
    FOR EACH ROW
    EXECUTE FUNCTION billing_payment_begin();
CREATE TRIGGER billing_payment_change BEFORE UPDATE ON billing_payment
    FOR EACH ROW
    EXECUTE FUNCTION billing_payment_change();
CREATE TRIGGER billing_payment_event AFTER UPDATE ON billing_payment
    FOR EACH ROW WHEN (old.allocated <> new.allocated OR old.refunded <> new.refunded)
    EXECUTE FUNCTION billing_payment_event();
CREATE CONSTRAINT TRIGGER billing_payment_in_books AFTER INSERT OR UPDATE OF reversed_at ON billing_payment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION billing_payment_in_books();
CREATE TRIGGER billing_payment_no_truncate BEFORE TRUNCATE ON billing_payment
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_payment_append_only', 'payments are append-only');
CREATE TRIGGER billing_payment_paid_at_ahead BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (new.paid_at > (clock_timestamp() + '00:05:00'::interval))
    EXECUTE FUNCTION skeleton_never('billing_payment_paid_at_ahead', 'a payment is not dated in the future');
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_payment
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- billing_settlement --------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE (but for amount, at_once, created_at, created_by_id, credit_note_id, day, id, invoice_id, kind, payment_id, reason, tax)

CREATE TABLE billing_settlement (
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    kind character varying(11) NOT NULL,
    payment_id uuid,
    amount bigint NOT NULL,
    day date NOT NULL,
    at_once boolean DEFAULT false NOT NULL,
    undone_at timestamp with time zone,
    undone_day date,
    reason text,
    tax jsonb,
    created_by_id uuid,
    created_at timestamp with time zone NOT NULL,
    credit_note_id uuid,
    CONSTRAINT billing_settlement_pkey PRIMARY KEY (id),
    CONSTRAINT billing_settlement_amount_positive CHECK (amount > 0),
    CONSTRAINT billing_settlement_kind_known CHECK (kind::text = ANY (ARRAY['payment'::character varying, 'credit_note'::character varying, 'write_off'::character varying]::text[])),
    CONSTRAINT billing_settlement_source_fits CHECK (credit_note_id IS NULL AND kind::text = 'payment'::text AND payment_id IS NOT NULL AND reason IS NULL AND tax IS NULL OR credit_note_id IS NOT NULL AND kind::text = 'credit_note'::text AND payment_id IS NULL AND reason IS NULL AND tax IS NULL OR credit_note_id IS NULL AND kind::text = 'write_off'::text AND payment_id IS NULL AND reason IS NOT NULL AND tax IS NOT NULL),
    CONSTRAINT billing_settlement_undone_fits CHECK (undone_at IS NULL AND undone_day IS NULL OR undone_at IS NOT NULL AND undone_day >= day AND undone_day IS NOT NULL),
    CONSTRAINT billing_settlement_created_by_id_2fbbda17_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_settlement_credit_note_id_47c660de_fk_billing_c FOREIGN KEY (credit_note_id) REFERENCES billing_credit_note(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_settlement_invoice_id_a0cbfc61_fk_billing_invoice_id FOREIGN KEY (invoice_id) REFERENCES billing_invoice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT billing_settlement_payment_id_64895fb7_fk_billing_payment_id FOREIGN KEY (payment_id) REFERENCES billing_payment(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX billing_settlement_credit_note ON billing_settlement USING btree (credit_note_id, id) WHERE credit_note_id IS NOT NULL;
CREATE INDEX billing_settlement_day ON billing_settlement USING btree (day, id);
CREATE INDEX billing_settlement_invoice ON billing_settlement USING btree (invoice_id, id);
CREATE INDEX billing_settlement_payment ON billing_settlement USING btree (payment_id, id) WHERE payment_id IS NOT NULL;
CREATE INDEX billing_settlement_undone_day ON billing_settlement USING btree (undone_day, id) WHERE undone_day IS NOT NULL;

CREATE TRIGGER billing_settlement_append_only BEFORE DELETE ON billing_settlement
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('billing_settlement_append_only', 'settlements are never deleted');
CREATE TRIGGER billing_settlement_audit_delete AFTER DELETE ON billing_settlement REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'settlements');
CREATE TRIGGER billing_settlement_audit_insert AFTER INSERT ON billing_settlement REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'settlements');
CREATE TRIGGER billing_settlement_audit_update AFTER UPDATE ON billing_settlement REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('invoices', 'invoice_id', 'settlements');
CREATE TRIGGER billing_settlement_change BEFORE UPDATE ON billing_settlement
    FOR EACH ROW
    EXECUTE FUNCTION billing_settlement_change();
CREATE CONSTRAINT TRIGGER billing_settlement_in_books AFTER INSERT OR UPDATE ON billing_settlement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION billing_settlement_in_books();
CREATE TRIGGER billing_settlement_insert AFTER INSERT ON billing_settlement REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_settlement_apply();
CREATE TRIGGER billing_settlement_no_truncate BEFORE TRUNCATE ON billing_settlement
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('billing_settlement_append_only', 'settlements are never deleted');
CREATE TRIGGER billing_settlement_update AFTER UPDATE ON billing_settlement REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION billing_settlement_apply();
CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR DELETE OR UPDATE ON billing_settlement
    FOR EACH STATEMENT WHEN (current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))
    EXECUTE FUNCTION skeleton_read_committed();

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION billing_allocated(payment uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(s.amount), 0) FROM billing_settlement s WHERE s.payment_id = payment AND s.undone_at IS NULL
$function$;

CREATE OR REPLACE FUNCTION billing_check_credit_note(note billing_credit_note)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    invoice billing_invoice;
    of_lines record;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = note.invoice_id FOR NO KEY UPDATE;
    IF invoice.status NOT IN ('sent', 'paid') OR billing_is_credited(invoice) THEN
        PERFORM skeleton_refuse('billing_credit_note_of_sent', 'only what was sent and is not credited can be credited');
    END IF;
    IF note.issue_date < invoice.issue_date THEN
        PERFORM skeleton_refuse('billing_credit_note_after_invoice', 'a credit note is not issued before its invoice');
    END IF;
    IF EXISTS (SELECT FROM billing_wrong_shares(note.id, note.invoice_id)) THEN
        PERFORM skeleton_refuse('billing_credit_note_line_share', 'a line credits something else than its share');
    END IF;
    SELECT * INTO of_lines FROM billing_totals_of_credit_note(note.id, note.invoice_id);
    IF of_lines.breakdown = '[]' THEN
        PERFORM skeleton_refuse('billing_credit_note_has_lines', 'a credit note without lines cannot be sent');
    ELSIF (note.subtotal, note.tax_total, note.tax_breakdown)
          IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM skeleton_refuse('billing_credit_note_totals_of_lines', 'the totals are not those of the shares');
    END IF;
    IF note.total > invoice.total - invoice.credited_total - invoice.amount_written_off THEN
        PERFORM skeleton_refuse('billing_credit_note_beside_write_off', 'a part of this was written off');
    END IF;
    IF NOT billing_is_beside_corrected_tax(note) THEN
        PERFORM skeleton_refuse('billing_credit_note_beside_write_off', 'tax of this rate was corrected by a write-off');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_credit_note_books(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    note billing_credit_note;
    at_once numeric;
    posted boolean;
BEGIN
    SELECT * INTO note FROM billing_credit_note WHERE id = checked;
    SELECT coalesce(sum(amount), 0) INTO at_once
    FROM billing_settlement AS settlement WHERE credit_note_id = checked AND settlement.at_once;
    posted := CASE
        WHEN note.status IS DISTINCT FROM 'sent' OR note.total = 0
            THEN NOT billing_has_entry('credit_note', checked, 'send')
        WHEN billing_has_entry('credit_note', checked, 'send')
            THEN billing_is_posted('credit_note', checked, 'send', note.currency, array[note.subtotal],
                                   array[at_once, note.total - at_once], debited_tax => note.tax_total)
        ELSE note.total = at_once AND EXISTS (
            SELECT FROM billing_invoice i
            JOIN accounting_entry e ON e.source_type = 'invoice' AND e.source_id = i.id AND e.purpose = 'send'
            JOIN accounting_entry r ON r.reverses_id = e.id
            WHERE i.id = note.invoice_id AND i.total = note.total)
    END;
    IF posted IS NOT true OR EXISTS (
        SELECT FROM billing_settlement
        WHERE credit_note_id = checked AND undone_at IS NOT NULL AND NOT billing_has_entry('allocation', id, 'undo')
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_in_books', 'the books do not have what the credit note says');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_invoice(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    invoice billing_invoice;
    of_lines record;
    fits boolean;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT * INTO of_lines FROM billing_totals_of(checked);
    IF invoice.origin = 'imported' THEN
        fits := billing_fits_imported(invoice, of_lines.subtotal, of_lines.breakdown);
    ELSE
        fits := (invoice.subtotal, invoice.tax_total, invoice.tax_breakdown)
                IS NOT DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown);
    END IF;
    IF fits IS NOT true THEN
        PERFORM skeleton_refuse('billing_invoice_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF invoice.status IN ('sent', 'paid') AND of_lines.rates = 0 THEN
        PERFORM skeleton_refuse('billing_invoice_sent_has_lines', 'an invoice without lines cannot be sent');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_invoice_books(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    invoice billing_invoice;
    entry accounting_entry;
    undone boolean;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT * INTO entry FROM accounting_entry
    WHERE source_type = 'invoice' AND source_id = checked AND purpose = 'send';
    IF invoice.sent_at IS NULL OR invoice.total = 0 THEN
        IF entry.id IS NOT NULL THEN
            PERFORM skeleton_refuse('billing_invoice_in_books', 'an invoice is in the books that was not sent');
        END IF;
        RETURN;
    END IF;
    IF entry.id IS NULL OR entry.date <> invoice.posted_on
       OR (entry.kind = 'opening') <> (invoice.origin = 'imported')
       OR (SELECT (sum(debit), min(currency), max(currency))
                  IS DISTINCT FROM (invoice.total, invoice.currency, invoice.currency)
           FROM accounting_line WHERE entry_id = entry.id) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books', 'the books do not have what the invoice says');
    END IF;
    undone := EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry.id);
    IF undone <> (invoice.status = 'cancelled' AND invoice.origin = 'created' AND NOT EXISTS (
        SELECT FROM billing_credit_note n
        WHERE n.invoice_id = checked AND n.status = 'sent' AND billing_has_entry('credit_note', n.id, 'send'))) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books',
                               'the entry of an invoice is reversed when it is cancelled as a whole, and only then');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_order(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    ordered billing_order;
    of_lines record;
BEGIN
    SELECT * INTO ordered FROM billing_order WHERE id = checked;
    SELECT * INTO of_lines FROM billing_totals_of(checked);
    IF (ordered.subtotal, ordered.tax_total, ordered.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM skeleton_refuse('billing_order_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF ordered.status IN ('confirmed', 'shipped', 'delivered') AND of_lines.rates = 0 THEN
        PERFORM skeleton_refuse('billing_order_confirmed_has_lines', 'an order without lines cannot be confirmed');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_payment_books(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    payment billing_payment;
    at_once numeric;
    undone numeric;
    posted boolean;
BEGIN
    SELECT * INTO payment FROM billing_payment WHERE id = checked;
    SELECT coalesce(sum(amount) FILTER (WHERE settlement.at_once), 0),
           coalesce(sum(amount) FILTER (WHERE undone_at IS NOT NULL AND NOT billing_has_entry('allocation', id, 'undo')), 0)
    INTO at_once, undone FROM billing_settlement AS settlement WHERE payment_id = checked;
    posted := CASE payment.direction
        WHEN 'in' THEN billing_is_posted('payment', checked, 'receive', payment.currency, array[payment.amount],
                                         array[at_once, payment.amount - at_once])
                       AND NOT billing_has_entry('payment', checked, 'refund')
        WHEN 'out' THEN billing_is_posted('payment', checked, 'refund', payment.currency, array[payment.amount],
                                          array[payment.amount])
                        AND NOT billing_has_entry('payment', checked, 'receive')
        ELSE false
    END;
    IF payment.reversed_at IS NULL THEN
        posted := posted AND undone = 0 AND NOT billing_has_entry('payment', checked, 'reverse');
    ELSE
        posted := posted AND billing_is_posted('payment', checked, 'reverse', payment.currency,
                                               array[undone, payment.amount - undone], array[payment.amount]);
    END IF;
    IF posted IS NOT true THEN
        PERFORM skeleton_refuse('billing_payment_in_books', 'the books do not have what the payment says');
    END IF;
    IF payment.allocated <> billing_allocated(checked) THEN
        PERFORM skeleton_refuse('billing_payment_derived', 'what is allocated of the payment is not what it settles');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_restock(note uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (
        SELECT FROM billing_credit_note_line c
        JOIN billing_invoice_line l ON l.id = c.invoice_line_id
        LEFT JOIN billing_order_line o ON o.id = l.order_line_id
        LEFT JOIN inventory_movement m ON m.id = c.restock_movement_id
        WHERE c.credit_note_id = note AND c.restock_warehouse_id IS NOT NULL
          AND ((m.type, m.item_id, m.warehouse_id) IS DISTINCT FROM ('receipt', o.item_id, c.restock_warehouse_id)
               OR m.quantity <> (SELECT sum(s.quantity) FROM billing_credit_note_line s
                                 WHERE s.restock_movement_id = m.id))
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_restocked', 'what is taken back has exactly one receipt');
    END IF;
    PERFORM FROM billing_order WHERE id IN (
        SELECT o.order_id FROM billing_credit_note_line c
        JOIN billing_invoice_line l ON l.id = c.invoice_line_id JOIN billing_order_line o ON o.id = l.order_line_id
        WHERE c.credit_note_id = note AND c.restock_warehouse_id IS NOT NULL
    ) FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM (
            SELECT DISTINCT o.order_id, o.item_id FROM billing_credit_note_line c
            JOIN billing_invoice_line l ON l.id = c.invoice_line_id JOIN billing_order_line o ON o.id = l.order_line_id
            WHERE c.credit_note_id = note AND c.restock_warehouse_id IS NOT NULL
        ) AS touched WHERE billing_returnable(touched.order_id, touched.item_id) < 0
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_restock_shipped', 'more would be taken back than was shipped');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_settlement_books(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    settlement billing_settlement;
    coin text;
    reason text;
    posted boolean := true;
BEGIN
    SELECT * INTO settlement FROM billing_settlement WHERE id = checked;
    SELECT currency INTO coin FROM billing_invoice WHERE id = settlement.invoice_id;
    IF settlement.kind <> 'write_off' AND settlement.at_once = billing_has_entry('allocation', checked, 'allocate') THEN
        PERFORM skeleton_refuse('billing_settlement_in_books',
                                'a settlement has an entry of its own if it was not made with what settles');
    END IF;
    FOREACH reason IN ARRAY '{allocate,undo}'::text[] LOOP
        IF billing_has_entry('allocation', checked, reason) THEN
            posted := posted AND settlement.kind <> 'write_off'
                AND (reason = 'allocate' OR settlement.undone_at IS NOT NULL)
                AND billing_is_posted('allocation', checked, reason, coin, array[settlement.amount],
                                      array[settlement.amount]);
        END IF;
    END LOOP;
    posted := posted AND CASE WHEN settlement.kind = 'write_off' THEN billing_check_write_off_books(settlement, coin)
                              ELSE NOT billing_has_entry('write_off', checked, 'write_off')
                                   AND NOT billing_has_entry('write_off', checked, 'undo') END;
    IF posted IS NOT true THEN
        PERFORM skeleton_refuse('billing_settlement_in_books', 'the books do not have what the settlement says');
    END IF;
    IF settlement.payment_id IS NOT NULL THEN
        PERFORM billing_check_payment_books(settlement.payment_id);
    ELSIF settlement.credit_note_id IS NOT NULL THEN
        PERFORM billing_check_credit_note_books(settlement.credit_note_id);
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_check_write_off_books(settlement billing_settlement, coin text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT billing_is_posted('write_off', settlement.id, 'write_off', coin, array[settlement.amount - t.tax],
                             array[settlement.amount], debited_tax => t.tax)
           AND CASE WHEN settlement.undone_at IS NULL THEN NOT billing_has_entry('write_off', settlement.id, 'undo')
               ELSE billing_is_posted('write_off', settlement.id, 'undo', coin, array[settlement.amount],
                                      array[settlement.amount - t.tax], credited_tax => t.tax) END
    FROM (SELECT coalesce(sum(r.tax), 0) AS tax FROM jsonb_to_recordset(settlement.tax) AS r (tax numeric)) AS t
$function$;

CREATE OR REPLACE FUNCTION billing_credit_note_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    invoice record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM skeleton_refuse('billing_credit_note_begins_as_draft', 'a credit note begins as a draft');
    END IF;
    SELECT customer_id, currency, status INTO invoice FROM billing_invoice WHERE id = NEW.invoice_id FOR KEY SHARE;
    IF FOUND AND (invoice.customer_id, invoice.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency) THEN
        PERFORM skeleton_refuse('billing_credit_note_fits_invoice',
                                'a credit note has the customer and the currency of its invoice');
    ELSIF FOUND AND invoice.status NOT IN ('sent', 'paid') THEN
        PERFORM skeleton_refuse('billing_credit_note_of_sent', 'only a sent invoice can be credited');
    END IF;
    NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_credit_note_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF (NEW.id, NEW.invoice_id, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM (OLD.id, OLD.invoice_id, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_credit_note_identity', 'invoice, customer and currency stay');
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.customer_name IS DISTINCT FROM OLD.customer_name THEN
        PERFORM skeleton_refuse('billing_credit_note_identity', 'the name follows the customer, never by itself');
    END IF;
    IF pg_trigger_depth() = 1 AND (NEW.allocated, NEW.refunded) IS DISTINCT FROM (OLD.allocated, OLD.refunded) THEN
        PERFORM skeleton_refuse('billing_credit_note_used_derived', 'what is used follows from settlements and refunds');
    END IF;
    IF OLD.status = 'sent'
       AND (NEW.status, NEW.number, NEW.customer_name, NEW.reason, NEW.issue_date, NEW.subtotal, NEW.tax_total,
            NEW.total, NEW.tax_breakdown, NEW.notes, NEW.sent_at, NEW.seller, NEW.buyer)
           IS DISTINCT FROM
           (OLD.status, OLD.number, OLD.customer_name, OLD.reason, OLD.issue_date, OLD.subtotal, OLD.tax_total,
            OLD.total, OLD.tax_breakdown, OLD.notes, OLD.sent_at, OLD.seller, OLD.buyer) THEN
        PERFORM skeleton_refuse('billing_credit_note_frozen', 'what was issued stays as it was issued');
    END IF;
    IF OLD.status = 'draft' AND NEW.status = 'sent' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_credit_note_in_books()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM billing_check_credit_note_books(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_credit_note_issued()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM billing_check_credit_note(NEW);
    UPDATE billing_invoice SET credited_total = credited_total + NEW.total WHERE id = NEW.invoice_id;
    PERFORM billing_settle_invoice(NEW.invoice_id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_credit_note_line_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.restock_movement_id IS NULL
       AND to_jsonb(OLD) - '{restock_movement_id,updated_at}'::text[]
           = to_jsonb(NEW) - '{restock_movement_id,updated_at}'::text[] THEN
        RETURN NEW;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM FROM billing_credit_note WHERE id = OLD.credit_note_id AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_credit_note_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM FROM billing_credit_note WHERE id = NEW.credit_note_id AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_credit_note_line_drafts_only', 'only a draft gets lines');
        END IF;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $function$;

CREATE OR REPLACE FUNCTION billing_credit_note_refunded()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    note billing_credit_note;
BEGIN
    SELECT * INTO note FROM billing_credit_note WHERE id = NEW.refund_of_credit_note_id FOR NO KEY UPDATE;
    IF TG_OP = 'UPDATE' THEN
        UPDATE billing_credit_note SET refunded = refunded - NEW.amount WHERE id = note.id;
    ELSIF note.status IS DISTINCT FROM 'sent'
          OR (note.customer_id, note.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
          OR NEW.day < note.issue_date THEN
        PERFORM skeleton_refuse('billing_payment_refund_fits',
                                'a refund pays back a sent credit note of the same customer, and not before its day');
    ELSE
        UPDATE billing_credit_note SET refunded = refunded + NEW.amount WHERE id = note.id;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_credit_note_restocked()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM billing_check_restock(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_customer_of_credit_notes_renamed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE billing_credit_note SET customer_name = NEW.name WHERE customer_id = NEW.id AND status = 'draft';
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_customer_of_orders_renamed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE billing_order SET customer_name = NEW.name WHERE customer_id = NEW.id AND status = 'draft';
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_customer_renamed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE billing_invoice SET customer_name = NEW.name WHERE customer_id = NEW.id AND status = 'draft';
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_document_of_sent()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NOT NULL)
       AND NOT EXISTS (SELECT FROM billing_credit_note
                       WHERE id = (to_jsonb(NEW)->>'credit_note_id')::uuid AND sent_at IS NOT NULL) THEN
        PERFORM skeleton_refuse('billing_issued_document_of_sent', 'only what was sent is kept on paper');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_email_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF (NEW.status, NEW.attempts, NEW.error, NEW.attachments) IS DISTINCT FROM ('queued', 0, '', '[]'::jsonb) THEN
        PERFORM skeleton_refuse('billing_email_begins_queued', 'an e-mail is queued before it is sent');
    END IF;
    IF EXISTS (SELECT FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NULL)
       OR EXISTS (SELECT FROM billing_credit_note WHERE id = NEW.credit_note_id AND sent_at IS NULL)
       OR EXISTS (SELECT FROM billing_order WHERE id = NEW.order_id AND status = 'draft') THEN
        PERFORM skeleton_refuse('billing_email_of_draft', 'a draft is not for customers');
    END IF;
    IF NEW.kind = 'reminder' AND NOT billing_is_due(NEW.invoice_id) THEN
        PERFORM skeleton_refuse('billing_email_reminder_due', 'only what is due is reminded of');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_email_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    progress text[] := '{status,attempts,error,attachments,sent_at,updated_at}';
BEGIN
    IF to_jsonb(OLD) - progress IS DISTINCT FROM to_jsonb(NEW) - progress THEN
        PERFORM skeleton_refuse('billing_email_fixed', 'what was written stays as it was written');
    END IF;
    IF OLD.status IN ('sent', 'cancelled') OR OLD.status = 'failed' AND NEW.status <> 'queued' THEN
        PERFORM skeleton_refuse('billing_email_final', 'an e-mail that was sent or withdrawn stays so');
    END IF;
    IF NEW.kind = 'reminder' AND NEW.status = 'sent' AND NOT billing_is_due(NEW.invoice_id) THEN
        PERFORM skeleton_refuse('billing_email_reminder_due', 'only what is due is reminded of');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_entry_has_document()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    named record := NEW;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO named FROM accounting_entry WHERE id = NEW.reverses_id;
    END IF;
    IF named.source_type = 'invoice' THEN
        PERFORM billing_check_invoice_books(named.source_id);
    ELSIF named.source_type = 'payment' THEN
        PERFORM billing_check_payment_books(named.source_id);
    ELSIF named.source_type = 'credit_note' THEN
        PERFORM billing_check_credit_note_books(named.source_id);
    ELSIF named.source_type IN ('allocation', 'write_off') THEN
        PERFORM billing_check_settlement_books(named.source_id);
    END IF;
    IF named.source_type IN ('invoice', 'payment', 'credit_note', 'allocation', 'write_off')
       AND (named.source_type, named.purpose) NOT IN (
        ('invoice', 'send'), ('payment', 'receive'), ('payment', 'refund'), ('payment', 'reverse'),
        ('credit_note', 'send'), ('allocation', 'allocate'), ('allocation', 'undo'),
        ('write_off', 'write_off'), ('write_off', 'undo')
    ) THEN
        PERFORM skeleton_refuse('billing_entry_purpose',
                                'documents are posted when sent or received, for nothing else');
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_exemption_reason(codes uuid[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
    SELECT jsonb_object_agg(language, reason) FROM (
        SELECT spoken.language, string_agg(DISTINCT told.reason, '; ' ORDER BY told.reason) AS reason
        FROM (SELECT DISTINCT jsonb_object_keys(c.exemption_reason) AS language
              FROM accounting_tax_code c WHERE c.id = ANY(codes)) AS spoken
        JOIN accounting_tax_code c ON c.id = ANY(codes) AND c.exemption_reason IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT coalesce(c.exemption_reason->>spoken.language, c.exemption_reason->>'en') COLLATE "C" AS reason
        ) AS told
        GROUP BY spoken.language
    ) AS reasons
$function$;

CREATE OR REPLACE FUNCTION billing_first_day(made billing_settlement, invoice billing_invoice)
 RETURNS date
 LANGUAGE sql
 STABLE
AS $function$
    SELECT greatest(billing_posting_day(invoice), max(least(undone_day, company_today())))
    FROM (
        SELECT undone_day FROM billing_settlement WHERE invoice_id = made.invoice_id
        UNION ALL
        SELECT undone_day FROM billing_settlement WHERE payment_id = made.payment_id
        UNION ALL
        SELECT undone_day FROM billing_settlement WHERE credit_note_id = made.credit_note_id
    ) AS earlier WHERE undone_day IS NOT NULL
$function$;

CREATE OR REPLACE FUNCTION billing_fits_imported(invoice billing_invoice, subtotal numeric, breakdown jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT invoice.subtotal = $2 AND jsonb_array_length(invoice.tax_breakdown) = jsonb_array_length($3)
           AND coalesce(sum((given.row->>'tax')::numeric), 0) = invoice.tax_total
           AND coalesce(bool_and(given.row - 'tax' = lines.row - 'tax' AND (given.row->>'tax')::numeric >= 0
                                 AND abs((given.row->>'tax')::numeric - (lines.row->>'tax')::numeric) <= 100), true)
    FROM jsonb_array_elements(invoice.tax_breakdown) WITH ORDINALITY AS given (row, n)
    LEFT JOIN jsonb_array_elements($3) WITH ORDINALITY AS lines (row, n) USING (n)
$function$;

CREATE OR REPLACE FUNCTION billing_has_entry(kind text, document uuid, reason text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM accounting_entry e
                   WHERE e.source_type = $1 AND e.source_id = $2 AND e.purpose = $3)
$function$;

CREATE OR REPLACE FUNCTION billing_invoice_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM skeleton_refuse('billing_invoice_begins_as_draft', 'an invoice begins as a draft');
    END IF;
    IF NEW.origin = 'created' AND split_part(NEW.number, '-', 2) <> lpad(extract(year FROM NEW.issue_date)::text, 4, '0') THEN
        PERFORM skeleton_refuse('billing_invoice_number_form', 'the number begins with the year of the issue date');
    END IF;
    IF NEW.origin = 'imported' AND NEW.number ~* '^INV-[0-9]{4}-[0-9]+$' THEN
        PERFORM skeleton_refuse('billing_invoice_imported_number_form', 'numbers of this form belong to our own series');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM skeleton_refuse('billing_invoice_customer_kind', 'only a customer can be invoiced');
        ELSIF customer.status <> 'active' AND NEW.origin = 'created' THEN
            PERFORM skeleton_refuse('billing_invoice_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_cancelled_on()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF OLD.cancelled_at IS NULL AND NEW.cancelled_at IS NOT NULL THEN
        NEW.cancelled_on := company_today();
    ELSIF NEW.cancelled_on IS DISTINCT FROM OLD.cancelled_on THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'the day of the cancellation follows from it');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF (NEW.id, NEW.number, NEW.origin, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.origin, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'number, customer and currency stay');
    END IF;
    IF NEW.customer_name IS DISTINCT FROM OLD.customer_name AND pg_trigger_depth() = 1 THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.sent_at,
            NEW.issue_date, NEW.issue_date_given, NEW.posted_on, NEW.due_date, NEW.payment_days, NEW.delivery_date,
            NEW.service_start, NEW.service_end, NEW.buyer_reference, NEW.purchase_order_reference, NEW.delivery_address)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.sent_at,
            OLD.issue_date, OLD.issue_date_given, OLD.posted_on, OLD.due_date, OLD.payment_days, OLD.delivery_date,
            OLD.service_start, OLD.service_end, OLD.buyer_reference, OLD.purchase_order_reference, OLD.delivery_address)
    THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'what was sent stays as it was sent');
    END IF;
    IF OLD.status IN ('paid', 'cancelled') AND pg_trigger_depth() = 1
       AND (NEW.amount_paid, NEW.amount_credited, NEW.amount_written_off, NEW.credited_total, NEW.paid_at,
            NEW.cancelled_at, NEW.cancel_reason)
           IS DISTINCT FROM
           (OLD.amount_paid, OLD.amount_credited, OLD.amount_written_off, OLD.credited_total, OLD.paid_at,
            OLD.cancelled_at, OLD.cancel_reason) THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'the invoice is ' || OLD.status);
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status = 'sent'
            OR (NEW.status = 'paid' AND NEW.total = 0)  -- nothing is due on an invoice of 0
            OR (NEW.status = 'cancelled' AND NEW.sent_at IS NULL)
        WHEN 'sent' THEN NEW.status IN ('paid', 'cancelled')
        WHEN 'paid' THEN NEW.status IN ('sent', 'cancelled') AND pg_trigger_depth() > 1
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_invoice_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status = 'draft' AND NEW.status IN ('sent', 'paid') THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    IF OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL AND NEW.origin = 'created' THEN
        NEW.posted_on := NEW.issue_date;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_credited()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NEW.credited_total <> OLD.credited_total THEN
        PERFORM skeleton_refuse('billing_invoice_credited_derived', 'what is credited follows from the credit notes');
    ELSIF OLD.status <> 'draft' AND NEW.status = 'cancelled' THEN
        PERFORM skeleton_refuse('billing_invoice_cancelled_by_credit_note', 'a sent invoice is cancelled by a credit note');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_in_books()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM billing_check_invoice_books(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_line_bills()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    one uuid;
BEGIN
    FOR one IN SELECT DISTINCT l.order_id FROM after_rows a JOIN billing_order_line l ON l.id = a.order_line_id ORDER BY 1
    LOOP
        PERFORM FROM billing_order WHERE id = one FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM billing_order_rest(one, '{draft,sent,paid}') AS rest WHERE rest.quantity < 0) THEN
            PERFORM skeleton_refuse('billing_invoice_line_bills_once', 'more would be billed than was ordered');
        END IF;
        IF EXISTS (SELECT FROM after_rows a JOIN billing_order_line l ON l.id = a.order_line_id AND l.order_id = one
                   JOIN billing_invoice i ON i.id = a.invoice_id WHERE i.order_id IS DISTINCT FROM one) THEN
            PERFORM skeleton_refuse('billing_invoice_line_of_its_order', 'a line bills the order of its invoice');
        END IF;
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_line_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    touched uuid[];
    one uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        touched := array(SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1);
    ELSIF TG_OP = 'DELETE' THEN
        touched := array(SELECT DISTINCT invoice_id FROM before_rows ORDER BY 1);
    ELSE
        touched := array(SELECT invoice_id FROM before_rows UNION SELECT invoice_id FROM after_rows ORDER BY 1);
    END IF;
    FOREACH one IN ARRAY touched LOOP
        PERFORM FROM billing_invoice WHERE id = one AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_invoice_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
        PERFORM billing_check_invoice(one);
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_of_order()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    ordered record;
BEGIN
    SELECT customer_id, currency, status INTO ordered FROM billing_order WHERE id = NEW.order_id FOR NO KEY UPDATE;
    IF FOUND AND ((ordered.customer_id, ordered.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
                  OR ordered.status NOT IN ('confirmed', 'shipped', 'delivered')) THEN
        PERFORM skeleton_refuse('billing_invoice_fits_order',
                               'an invoice of an order is its customer''s, in its currency, once it is confirmed');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_paid()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM billing_invoice i, billing_settled(i.id) s
    WHERE i.id = NEW.id
      AND (i.amount_paid, i.amount_credited, i.amount_written_off) = (s.paid, s.credited, s.written_off);
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('billing_invoice_paid_of_payments', 'the amounts are not those of the settlements');
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_invoice_totals()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF EXISTS (SELECT FROM billing_invoice WHERE id = NEW.id AND origin = 'imported' AND sent_at IS NULL) THEN
        PERFORM skeleton_refuse('billing_invoice_imported_sent', 'an imported invoice is open, never a draft');
    END IF;
    PERFORM billing_check_invoice(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_is_beside_corrected_tax(note billing_credit_note)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT NOT EXISTS (
        SELECT FROM billing_taken_by_rate(note.invoice_id) AS taken
        JOIN jsonb_to_recordset(note.tax_breakdown) AS here (rate numeric, base numeric, tax numeric, category text)
            ON here.rate = taken.rate AND billing_tax_category(here.category, here.rate) = taken.category
        WHERE taken.tax_corrected > 0 AND here.base + here.tax > 0 AND taken.credited + taken.written_off > taken.invoiced
    )
$function$;

CREATE OR REPLACE FUNCTION billing_is_credited(invoice billing_invoice)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT invoice.total > 0 AND invoice.credited_total = invoice.total
$function$;

CREATE OR REPLACE FUNCTION billing_is_due(invoice uuid)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM FROM billing_invoice WHERE id = invoice AND status = 'sent' FOR NO KEY UPDATE;
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION billing_is_posted(kind text, document uuid, reason text, coin text, debits numeric[], credits numeric[], debited_tax numeric DEFAULT 0, credited_tax numeric DEFAULT 0)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (
        SELECT FROM accounting_entry e CROSS JOIN LATERAL (
            SELECT array_agg(l.debit::numeric ORDER BY l.debit) FILTER (WHERE l.debit > 0) AS debits,
                   array_agg(l.credit::numeric ORDER BY l.credit) FILTER (WHERE l.credit > 0) AS credits,
                   min(l.currency) AS lowest, max(l.currency) AS highest
            FROM accounting_line l WHERE l.entry_id = e.id
        ) AS posted
        WHERE e.source_type = $1 AND e.source_id = $2 AND e.purpose = $3
          AND (posted.lowest, posted.highest) = (coin, coin)
          AND billing_side_fits(posted.debits, $5, debited_tax) AND billing_side_fits(posted.credits, $6, credited_tax)
          AND NOT EXISTS (SELECT FROM accounting_entry r WHERE r.reverses_id = e.id)
    )
$function$;

CREATE OR REPLACE FUNCTION billing_is_tax_left(made billing_settlement)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(r.base + r.tax), 0) <= made.amount AND coalesce(bool_and((
        r.base >= 0 AND r.tax >= 0 AND r.base <= invoiced.base AND r.tax <= greatest(0, invoiced.tax - taken.tax)
    ) IS TRUE), true)
    FROM (
        SELECT w.rate, billing_tax_category(w.category, w.rate) AS category, w.base, w.tax
        FROM jsonb_to_recordset(made.tax) AS w (rate numeric, base numeric, tax numeric, category text)
    ) AS r
    LEFT JOIN LATERAL (
        SELECT b.base, b.tax
        FROM billing_invoice i
        CROSS JOIN jsonb_to_recordset(i.tax_breakdown) AS b (rate numeric, base numeric, tax numeric, category text)
        WHERE i.id = made.invoice_id AND b.rate = r.rate AND billing_tax_category(b.category, b.rate) = r.category
    ) AS invoiced ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(t.tax), 0) AS tax
        FROM (
            SELECT tax_breakdown AS rows FROM billing_credit_note WHERE invoice_id = made.invoice_id AND status = 'sent'
            UNION ALL
            SELECT w.tax FROM billing_settlement w
            WHERE w.invoice_id = made.invoice_id AND w.kind = 'write_off' AND w.undone_at IS NULL AND w.id <> made.id
        ) AS takers CROSS JOIN jsonb_to_recordset(takers.rows) AS t (rate numeric, tax numeric, category text)
        WHERE t.rate = r.rate AND billing_tax_category(t.category, t.rate) = r.category
    ) AS taken
$function$;

CREATE OR REPLACE FUNCTION billing_latest_day(day date)
 RETURNS date
 LANGUAGE sql
 STABLE
AS $function$
    SELECT greatest(company_today(), day)
$function$;

CREATE OR REPLACE FUNCTION billing_order_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' OR NEW.status_reason IS NOT NULL THEN
        PERFORM skeleton_refuse('billing_order_begins_as_draft', 'an order begins as a draft');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM skeleton_refuse('billing_order_customer_kind', 'only a customer can order');
        ELSIF customer.status <> 'active' THEN
            PERFORM skeleton_refuse('billing_order_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_billed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE billing_order SET unbilled_total = billing_order_unbilled(id) WHERE id = NEW.order_id;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_order_identity', 'number, customer, currency and day of an order stay');
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.customer_name <> OLD.customer_name THEN
        PERFORM skeleton_refuse('billing_order_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.notes, NEW.shipping_address)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.notes, OLD.shipping_address)
    THEN
        PERFORM skeleton_refuse('billing_order_frozen', 'only a draft can be changed');
    END IF;
    IF NEW.status = OLD.status THEN
        IF NEW.status_reason IS DISTINCT FROM OLD.status_reason THEN
            PERFORM skeleton_refuse('billing_order_frozen', 'the reason belongs to the change of status');
        END IF;
        IF pg_trigger_depth() = 1 AND NEW.unbilled_total <> OLD.unbilled_total THEN
            PERFORM skeleton_refuse('billing_order_unbilled_derived', 'what is not billed follows from the invoices');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status IN ('pending', 'confirmed', 'cancelled')
        WHEN 'pending' THEN NEW.status IN ('confirmed', 'cancelled')
        WHEN 'confirmed' THEN NEW.status IN ('shipped', 'cancelled')
        WHEN 'shipped' THEN NEW.status = 'delivered'
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_order_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF NEW.status = 'cancelled'
       AND EXISTS (SELECT FROM billing_invoice i
                   WHERE i.order_id = NEW.id AND i.status <> 'cancelled' AND NOT billing_is_credited(i)) THEN
        PERFORM skeleton_refuse('billing_order_cancelled_unbilled', 'an order that is invoiced cannot be cancelled');
    END IF;
    IF OLD.status = 'draft' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    NEW.unbilled_total := CASE NEW.status WHEN 'confirmed' THEN NEW.total WHEN 'cancelled' THEN 0
                                          ELSE OLD.unbilled_total END;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_holds(ordered uuid)
 RETURNS TABLE(item_id uuid, held numeric, needed numeric)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT r.item_id, sum(r.quantity), (
        SELECT coalesce(sum(l.quantity), 0) FROM billing_order_line l WHERE l.order_id = ordered AND l.item_id = r.item_id)
    FROM inventory_reservation r
    WHERE r.order_id = ordered AND r.held_by_order AND r.status = 'active' GROUP BY r.item_id
$function$;

CREATE OR REPLACE FUNCTION billing_order_keep_status()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    context jsonb := skeleton_context();
BEGIN
    INSERT INTO billing_order_status_change (id, order_id, from_status, status, reason, changed_by_id, changed_at)
    VALUES (skeleton_uuid7(), NEW.id, OLD.status, NEW.status, NEW.status_reason, (context->>'actor_id')::uuid,
            clock_timestamp());
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_line_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    touched uuid[];
    one uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        touched := array(SELECT DISTINCT order_id FROM after_rows ORDER BY 1);
    ELSIF TG_OP = 'DELETE' THEN
        touched := array(SELECT DISTINCT order_id FROM before_rows ORDER BY 1);
    ELSE
        touched := array(SELECT order_id FROM before_rows UNION SELECT order_id FROM after_rows ORDER BY 1);
    END IF;
    FOREACH one IN ARRAY touched LOOP
        PERFORM FROM billing_order WHERE id = one AND status = 'draft' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM skeleton_refuse('billing_order_line_drafts_only', 'only the lines of a draft can be changed');
        END IF;
        PERFORM billing_check_order(one);
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_rest(ordered uuid, states text[])
 RETURNS TABLE(order_line_id uuid, line_position integer, quantity numeric, discount numeric)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT l.id, l.position, l.quantity - billed.quantity,
           least(greatest(l.discount - billed.discount, 0),
                 billing_product(greatest(l.quantity - billed.quantity, 0), l.unit_price, l.price_base_quantity))
    FROM billing_order_line l CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.quantity), 0) AS quantity, coalesce(sum(b.discount), 0) AS discount
        FROM billing_invoice_line b JOIN billing_invoice i ON i.id = b.invoice_id
        WHERE b.order_line_id = l.id AND i.status = ANY(states) AND NOT billing_is_credited(i)
    ) AS billed
    WHERE l.order_id = ordered
$function$;

CREATE OR REPLACE FUNCTION billing_order_stock()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_order WHERE id = NEW.id AND status = NEW.status) THEN
        RETURN NULL;  -- it went on in the same transaction, and is checked as what it became
    ELSIF NEW.status = 'confirmed' THEN
        IF EXISTS (SELECT FROM billing_order_holds(NEW.id) WHERE held <> needed) OR EXISTS (
            SELECT FROM billing_order_line l
            WHERE l.order_id = NEW.id AND EXISTS (SELECT FROM inventory_stock s WHERE s.item_id = l.item_id)
              AND NOT EXISTS (SELECT FROM inventory_reservation r
                              WHERE r.order_id = NEW.id AND r.item_id = l.item_id AND r.held_by_order AND r.status = 'active')
        ) THEN
            PERFORM skeleton_refuse('billing_order_stock_held', 'a confirmed order holds what its lines need');
        END IF;
    ELSIF EXISTS (SELECT FROM inventory_reservation
                  WHERE order_id = NEW.id AND held_by_order AND status = 'active') THEN
        PERFORM skeleton_refuse('billing_order_stock_held', 'an order that is ' || NEW.status || ' holds nothing');
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_totals()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM billing_check_order(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_unbilled(ordered uuid)
 RETURNS numeric
 LANGUAGE plpgsql
AS $function$
BEGIN
    RETURN (
        SELECT coalesce(sum(base + billing_tax(base, tax_rate)), 0)
        FROM (
            SELECT l.tax_rate, sum(billing_product(rest.quantity, l.unit_price, l.price_base_quantity) - rest.discount) AS base
            FROM billing_order_rest(ordered, '{sent,paid}') AS rest JOIN billing_order_line l ON l.id = rest.order_line_id
            WHERE rest.quantity > 0 GROUP BY l.tax_rate
        ) AS by_rate
    );
END $function$;

CREATE OR REPLACE FUNCTION billing_own_credit(credited uuid)
 RETURNS TABLE(amount numeric, issued_at timestamp with time zone, reason text)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT (SELECT coalesce(sum(s.amount), 0)
            FROM billing_settlement s JOIN billing_credit_note o ON o.id = s.credit_note_id
            WHERE s.invoice_id = credited AND o.invoice_id = credited AND s.undone_at IS NULL),
           max(n.sent_at), (array_agg(n.reason ORDER BY n.sent_at DESC, n.number_key DESC))[1]
    FROM billing_credit_note n WHERE n.invoice_id = credited AND n.status = 'sent'
$function$;

CREATE OR REPLACE FUNCTION billing_payment_begin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    refunded billing_payment;
BEGIN
    PERFORM FROM parties_party WHERE id = NEW.customer_id AND kind <> 'customer';
    IF FOUND THEN
        PERFORM skeleton_refuse('billing_payment_customer_kind', 'only customers pay and are refunded');
    END IF;
    IF (NEW.refunded, NEW.reversed_at) IS DISTINCT FROM (0::bigint, NULL::timestamptz) THEN
        PERFORM skeleton_refuse('billing_payment_derived', 'a payment begins without refunds, and not reversed');
    END IF;
    IF NEW.refund_of_payment_id IS NOT NULL THEN
        SELECT * INTO refunded FROM billing_payment WHERE id = NEW.refund_of_payment_id FOR NO KEY UPDATE;
        IF FOUND AND ((refunded.customer_id, refunded.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
                      OR refunded.direction <> 'in' OR refunded.reversed_at IS NOT NULL
                      OR NEW.day < refunded.day) THEN
            PERFORM skeleton_refuse('billing_payment_refund_fits',
                                    'a refund pays back money that came in before, to the same customer in its currency');
        END IF;
        UPDATE billing_payment p SET refunded = p.refunded + NEW.amount WHERE p.id = NEW.refund_of_payment_id;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_payment_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    derived text[] := '{allocated,refunded,number_key,search_text}';  -- a generated column is null before the row is written
    reversal text[] := '{reversed_at,reversal_reason,reversal_day}';
BEGIN
    IF to_jsonb(NEW) - derived - reversal <> to_jsonb(OLD) - derived - reversal THEN
        PERFORM skeleton_refuse('billing_payment_append_only', 'a payment is never changed');
    END IF;
    IF pg_trigger_depth() = 1 AND (NEW.allocated, NEW.refunded) <> (OLD.allocated, OLD.refunded) THEN
        PERFORM skeleton_refuse('billing_payment_derived', 'what is allocated and refunded follows from other rows');
    END IF;
    IF (NEW.reversed_at, NEW.reversal_reason, NEW.reversal_day)
       IS NOT DISTINCT FROM (OLD.reversed_at, OLD.reversal_reason, OLD.reversal_day) THEN
        RETURN NEW;
    END IF;
    IF OLD.reversed_at IS NOT NULL THEN
        PERFORM skeleton_refuse('billing_payment_reversed_once', 'a payment is reversed once');
    ELSIF NEW.refunded > 0 THEN
        PERFORM skeleton_refuse('billing_payment_reversed_unrefunded', 'the payment is refunded');
    ELSIF NEW.reversal_day < NEW.day
          OR NEW.reversal_day > billing_latest_day(NEW.day) THEN
        PERFORM skeleton_refuse('billing_payment_reversal_day', 'a payment is reversed between its own day and today');
    END IF;
    IF NEW.refund_of_payment_id IS NOT NULL THEN
        UPDATE billing_payment p SET refunded = p.refunded - NEW.amount WHERE p.id = NEW.refund_of_payment_id;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_payment_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM events_add('billing_payment', 'UPDATE', 'invoices', NEW.id, NULL, NULL, array_remove(ARRAY[
        CASE WHEN OLD.allocated <> NEW.allocated THEN 'allocated' END,
        CASE WHEN OLD.refunded <> NEW.refunded THEN 'refunded' END], NULL));
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_payment_in_books()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'UPDATE'
       OR NOT billing_has_entry('payment', NEW.id, CASE NEW.direction WHEN 'in' THEN 'receive' ELSE 'refund' END) THEN
        PERFORM billing_check_payment_books(NEW.id);
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_posting_day(invoice billing_invoice)
 RETURNS date
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(invoice.posted_on, invoice.issue_date)
$function$;

CREATE OR REPLACE FUNCTION billing_product(quantity numeric, price numeric, base numeric)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT div(2 * quantity * price + base, 2 * base)
$function$;

CREATE OR REPLACE FUNCTION billing_purchased(invoice billing_invoice)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE WHEN invoice.status IN ('sent', 'paid') THEN invoice.total - invoice.credited_total ELSE 0 END
$function$;

CREATE OR REPLACE FUNCTION billing_purchases_derived()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        PERFORM skeleton_refuse('billing_total_purchases_derived', 'total_purchases follows from the invoices');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_purchases_follow()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    added bigint := billing_purchased(NEW) - billing_purchased(OLD);
BEGIN
    IF added <> 0 THEN
        UPDATE parties_party SET total_purchases = total_purchases + added
        WHERE id = NEW.customer_id AND currency = NEW.currency;
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_purchases_in_currency()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    NEW.total_purchases := (
        SELECT coalesce(sum(billing_purchased(i)), 0) FROM billing_invoice i
        WHERE i.customer_id = NEW.id AND i.currency = NEW.currency AND i.status IN ('sent', 'paid')
    );
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_returnable(ordered uuid, item uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce((SELECT -sum(m.quantity) FROM inventory_movement m
                     WHERE m.order_id = ordered AND m.item_id = item AND m.type = 'issue'), 0)
         - coalesce((SELECT sum(c.quantity) FROM billing_order_line o
                     JOIN billing_invoice_line l ON l.order_line_id = o.id
                     JOIN billing_credit_note_line c ON c.invoice_line_id = l.id AND c.restock_warehouse_id IS NOT NULL
                     JOIN billing_credit_note n ON n.id = c.credit_note_id AND n.status = 'sent'
                     WHERE o.order_id = ordered AND o.item_id = item), 0)
$function$;

CREATE OR REPLACE FUNCTION billing_settle_credit_note(note uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE billing_credit_note n SET allocated = s.amount
    FROM (SELECT coalesce(sum(amount), 0) AS amount
          FROM billing_settlement WHERE credit_note_id = note AND undone_at IS NULL) AS s
    WHERE n.id = note AND n.allocated <> s.amount;
END $function$;

CREATE OR REPLACE FUNCTION billing_settle_invoice(settled uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE billing_invoice i
    SET amount_paid = s.paid, amount_credited = s.credited, amount_written_off = s.written_off, status = s.status,
        updated_at = coalesce(greatest(s.changed_at, s.issued_at), i.updated_at),
        paid_at = CASE WHEN s.status = 'paid' THEN coalesce(i.paid_at, s.paid_at) END,
        cancelled_at = CASE WHEN s.status = 'cancelled'
                            THEN coalesce(i.cancelled_at, greatest(s.changed_at, s.issued_at)) END,
        cancel_reason = CASE WHEN s.status = 'cancelled' THEN coalesce(i.cancel_reason, s.reason) END
    FROM (
        SELECT f.*, own.issued_at, own.reason,
               CASE WHEN o.status NOT IN ('sent', 'paid') THEN o.status
                    WHEN own.issued_at IS NOT NULL AND (o.total, o.total) = (o.credited_total, own.amount)
                        THEN 'cancelled'
                    WHEN o.total = f.paid + f.credited + f.written_off THEN 'paid' ELSE 'sent' END AS status
        FROM billing_invoice o, billing_settled(settled) f, billing_own_credit(settled) own WHERE o.id = settled
    ) AS s
    WHERE i.id = settled
      AND (i.amount_paid, i.amount_credited, i.amount_written_off, i.status)
          IS DISTINCT FROM (s.paid, s.credited, s.written_off, s.status);
END $function$;

CREATE OR REPLACE FUNCTION billing_settle_payment(settled uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE billing_payment p SET allocated = billing_allocated(settled)
    WHERE p.id = settled AND p.allocated <> billing_allocated(settled);
END $function$;

CREATE OR REPLACE FUNCTION billing_settled(settled uuid)
 RETURNS TABLE(paid numeric, credited numeric, written_off numeric, paid_at timestamp with time zone, changed_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(s.amount) FILTER (WHERE s.undone_at IS NULL AND s.kind = 'payment'), 0),
           coalesce(sum(s.amount) FILTER (WHERE s.undone_at IS NULL AND s.kind = 'credit_note'), 0),
           coalesce(sum(s.amount) FILTER (WHERE s.undone_at IS NULL AND s.kind = 'write_off'), 0),
           (array_agg(CASE WHEN p.created_at = s.created_at THEN p.paid_at ELSE s.created_at END
                      ORDER BY s.created_at DESC, s.id DESC) FILTER (WHERE s.undone_at IS NULL))[1],
           max(greatest(s.created_at, s.undone_at))
    FROM billing_settlement s LEFT JOIN billing_payment p ON p.id = s.payment_id
    WHERE s.invoice_id = settled
$function$;

CREATE OR REPLACE FUNCTION billing_settlement_apply()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    one uuid;
    broken text;
BEGIN
    PERFORM FROM billing_invoice WHERE id IN (SELECT invoice_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM billing_credit_note WHERE id IN (SELECT credit_note_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM billing_payment WHERE id IN (SELECT payment_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' THEN
        SELECT fault INTO broken FROM after_rows a, billing_settlement_fault(a::billing_settlement) AS fault
        WHERE fault IS NOT NULL LIMIT 1;
        IF FOUND THEN
            PERFORM skeleton_refuse(broken, 'a settlement breaks ' || broken);
        END IF;
    ELSIF EXISTS (SELECT FROM after_rows a JOIN billing_credit_note n ON n.id = a.credit_note_id
                  WHERE n.invoice_id = a.invoice_id) THEN
        PERFORM skeleton_refuse('billing_settlement_own_credit_note', 'what a credit note settles of its invoice stays');
    END IF;
    FOR one IN SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1 LOOP
        PERFORM billing_settle_invoice(one);
    END LOOP;
    FOR one IN SELECT DISTINCT credit_note_id FROM after_rows WHERE credit_note_id IS NOT NULL ORDER BY 1 LOOP
        PERFORM billing_settle_credit_note(one);
    END LOOP;
    FOR one IN SELECT DISTINCT payment_id FROM after_rows WHERE payment_id IS NOT NULL ORDER BY 1 LOOP
        PERFORM billing_settle_payment(one);
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_settlement_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    undoing text[] := '{undone_at,undone_day}';
BEGIN
    IF OLD.undone_at IS NOT NULL OR to_jsonb(NEW) - undoing <> to_jsonb(OLD) - undoing THEN
        PERFORM skeleton_refuse('billing_settlement_append_only', 'a settlement is only undone, and once');
    END IF;
    IF NEW.undone_day > greatest(company_today(), NEW.day) THEN
        PERFORM skeleton_refuse('billing_settlement_days', 'a settlement is not undone in the future');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_settlement_fault(made billing_settlement)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    SELECT CASE
        WHEN made.undone_at IS NOT NULL THEN 'billing_settlement_append_only'
        WHEN made.day < billing_first_day(made, i) THEN 'billing_settlement_days'
        WHEN made.kind = 'write_off' THEN CASE
            WHEN made.at_once OR made.day > greatest(company_today(), billing_posting_day(i))
                THEN 'billing_settlement_days'
            WHEN NOT billing_is_tax_left(made) THEN 'billing_settlement_tax_of_invoice'
        END
        WHEN made.kind = 'credit_note' THEN CASE
            WHEN n.status <> 'sent' THEN 'billing_settlement_of_sent_credit_note'
            WHEN n.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
            WHEN n.currency <> i.currency THEN 'billing_settlement_same_currency'
            WHEN made.day < n.issue_date
                 OR made.day > greatest(company_today(), n.issue_date)
                 OR made.at_once AND made.day <> n.issue_date
                THEN 'billing_settlement_days'
        END
        WHEN made.at_once AND made.day <> p.day THEN 'billing_settlement_days'
        WHEN p.direction <> 'in' OR p.reversed_at IS NOT NULL THEN 'billing_settlement_of_received'
        WHEN p.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
        WHEN p.currency <> i.currency THEN 'billing_settlement_same_currency'
        WHEN made.day < p.day
             OR made.day > greatest(billing_latest_day(p.day), billing_posting_day(i))
            THEN 'billing_settlement_days'
    END
    FROM billing_invoice i
    LEFT JOIN billing_payment p ON p.id = made.payment_id
    LEFT JOIN billing_credit_note n ON n.id = made.credit_note_id
    WHERE i.id = made.invoice_id
$function$;

CREATE OR REPLACE FUNCTION billing_settlement_in_books()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.kind = 'payment' AND NEW.at_once AND NOT EXISTS (
        SELECT FROM accounting_entry WHERE source_type = 'payment' AND source_id = NEW.payment_id AND purpose = 'receive'
                                           AND xact = pg_current_xact_id()
    ) THEN
        PERFORM skeleton_refuse('billing_settlement_in_books', 'only a new payment settles at once');
    END IF;
    PERFORM billing_check_settlement_books(NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_share(total numeric, part numeric, whole numeric)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT div(2 * total * part + whole, 2 * whole)
$function$;

CREATE OR REPLACE FUNCTION billing_side_fits(posted numeric[], parts numeric[], tax numeric)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE WHEN tax = 0 THEN posted = (SELECT array_agg(part ORDER BY part) FROM unnest(parts) AS part WHERE part <> 0)
        ELSE (SELECT sum(part) FROM unnest(posted) AS part) = tax + (SELECT coalesce(sum(part), 0) FROM unnest(parts) AS part)
             AND NOT EXISTS (SELECT FROM unnest(parts) AS part WHERE part <> 0 AND part <> ALL (posted)) END
$function$;

CREATE OR REPLACE FUNCTION billing_stock_is_held()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT o.id, o.status FROM billing_order o
               WHERE o.id IN (SELECT order_id FROM after_rows WHERE held_by_order) ORDER BY o.id FOR NO KEY UPDATE
    LOOP
        IF one.status <> 'confirmed' OR EXISTS (SELECT FROM billing_order_holds(one.id) WHERE held > needed) THEN
            PERFORM skeleton_refuse('billing_order_stock_held',
                                    'only a confirmed order holds, and not more than it needs');
        END IF;
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_stock_is_let_go()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF EXISTS (
        SELECT FROM after_rows r JOIN billing_order o ON o.id = r.order_id
        WHERE r.held_by_order AND (r.status, o.status) NOT IN (('fulfilled', 'shipped'), ('cancelled', 'cancelled'))
    ) THEN
        PERFORM skeleton_refuse('billing_order_stock_held', 'what an order holds ends when it is shipped or cancelled');
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION billing_taken_by_rate(checked uuid)
 RETURNS TABLE(rate numeric, category text, invoiced numeric, invoiced_tax numeric, credited numeric, written_off numeric, tax_credited numeric, tax_corrected numeric, write_offs bigint)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT r.rate, r.category, r.base + r.tax, r.tax,
           coalesce(sum(t.base + t.tax) FILTER (WHERE NOT taker.is_write_off), 0),
           coalesce(sum(t.base + t.tax) FILTER (WHERE taker.is_write_off), 0),
           coalesce(sum(t.tax) FILTER (WHERE NOT taker.is_write_off), 0),
           coalesce(sum(t.tax) FILTER (WHERE taker.is_write_off), 0),
           count(t.tax) FILTER (WHERE taker.is_write_off)
    FROM billing_invoice i
    CROSS JOIN LATERAL (
        SELECT b.rate, billing_tax_category(b.category, b.rate) AS category, b.base, b.tax
        FROM jsonb_to_recordset(i.tax_breakdown) AS b (rate numeric, base numeric, tax numeric, category text)
    ) AS r
    LEFT JOIN LATERAL (
        SELECT false AS is_write_off, tax_breakdown AS rows
        FROM billing_credit_note WHERE invoice_id = checked AND status = 'sent'
        UNION ALL
        SELECT true, tax FROM billing_settlement
        WHERE invoice_id = checked AND kind = 'write_off' AND undone_at IS NULL
    ) AS taker ON true
    LEFT JOIN LATERAL jsonb_to_recordset(taker.rows) AS t (rate numeric, base numeric, tax numeric, category text)
        ON t.rate = r.rate AND billing_tax_category(t.category, t.rate) = r.category
    WHERE i.id = checked GROUP BY r.rate, r.category, r.base, r.tax
$function$;

CREATE OR REPLACE FUNCTION billing_tax(base numeric, rate numeric)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT round(base * rate * 0.01)
$function$;

CREATE OR REPLACE FUNCTION billing_tax_category(category text, rate numeric)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT coalesce(category, CASE WHEN rate > 0 THEN 'S' ELSE '' END)
$function$;

CREATE OR REPLACE FUNCTION billing_tax_code_used()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM accounting_tax_code WHERE id = OLD.id FOR UPDATE;
    IF EXISTS (SELECT FROM billing_invoice_line WHERE tax_code_id = OLD.id)
       OR EXISTS (SELECT FROM billing_order_line WHERE tax_code_id = OLD.id)
       OR EXISTS (SELECT FROM billing_credit_note_line WHERE tax_code_id = OLD.id) THEN
        PERFORM skeleton_refuse('billing_tax_code_used', 'what documents use stays as it is');
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_tax_row(rate numeric, base numeric, tax numeric, category text, codes uuid[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
    SELECT jsonb_build_object('rate', rate, 'base', base, 'tax', tax)
           || CASE WHEN codes IS NULL THEN '{}' ELSE (
               SELECT jsonb_strip_nulls(jsonb_build_object(
                   'category', $4,
                   'exemption_reason', billing_exemption_reason(codes),
                   'exemption_code', CASE WHEN min(c.exemption_code) = max(c.exemption_code) THEN min(c.exemption_code) END))
               FROM accounting_tax_code c WHERE c.id = ANY(codes)
           ) END
$function$;

CREATE OR REPLACE FUNCTION billing_totals_of(document uuid)
 RETURNS TABLE(subtotal numeric, tax_total numeric, breakdown jsonb, rates bigint)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(base), 0), coalesce(sum(tax), 0),
           coalesce(jsonb_agg(billing_tax_row(rate, base, tax, category, codes) ORDER BY rate, category COLLATE "C"), '[]'),
           count(*)
    FROM (
        SELECT tax_rate AS rate, billing_tax_category(c.category, tax_rate) AS category, sum(total) AS base,
               billing_tax(sum(total), tax_rate) AS tax, array_agg(DISTINCT c.id) FILTER (WHERE c.id IS NOT NULL) AS codes
        FROM (
            SELECT tax_rate, tax_code_id, total FROM billing_invoice_line WHERE invoice_id = document
            UNION ALL
            SELECT tax_rate, tax_code_id, total FROM billing_order_line WHERE order_id = document
        ) AS lines LEFT JOIN accounting_tax_code c ON c.id = lines.tax_code_id
        GROUP BY 1, 2
    ) AS by_rate
$function$;

CREATE OR REPLACE FUNCTION billing_totals_of_credit_note(note uuid, corrected uuid)
 RETURNS TABLE(subtotal numeric, tax_total numeric, breakdown jsonb)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(base), 0), coalesce(sum(tax), 0),
           coalesce(jsonb_agg(invoiced_row || jsonb_build_object('rate', rate, 'base', base, 'tax', tax)
                              ORDER BY rate, category COLLATE "C"), '[]')
    FROM (
        SELECT here.tax_rate AS rate, here.category, here.base, coalesce(invoiced.row, '{}') AS invoiced_row,
               CASE WHEN here.base + before.base = invoiced.base THEN invoiced.tax
                    ELSE billing_tax(here.base + before.base, here.tax_rate) END - before.tax AS tax
        FROM (
            SELECT l.tax_rate, billing_tax_category(c.category, l.tax_rate) AS category, sum(l.total) AS base
            FROM billing_credit_note_line l LEFT JOIN accounting_tax_code c ON c.id = l.tax_code_id
            WHERE l.credit_note_id = note GROUP BY 1, 2
        ) AS here
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(r.base), 0) AS base, coalesce(sum(r.tax), 0) AS tax
            FROM billing_credit_note n
            CROSS JOIN jsonb_to_recordset(n.tax_breakdown) AS r (rate numeric, base numeric, tax numeric, category text)
            WHERE n.invoice_id = corrected AND n.status = 'sent' AND n.id <> note
              AND r.rate = here.tax_rate AND billing_tax_category(r.category, r.rate) = here.category
        ) AS before
        LEFT JOIN LATERAL (
            SELECT r AS row, (r->>'base')::numeric AS base, (r->>'tax')::numeric AS tax
            FROM billing_invoice i CROSS JOIN jsonb_array_elements(i.tax_breakdown) AS r
            WHERE i.id = corrected AND (r->>'rate')::numeric = here.tax_rate
              AND billing_tax_category(r->>'category', (r->>'rate')::numeric) = here.category
        ) AS invoiced ON true
    ) AS by_rate
$function$;

CREATE OR REPLACE FUNCTION billing_wrong_shares(note uuid, corrected uuid)
 RETURNS SETOF billing_credit_note_line
 LANGUAGE sql
 STABLE
AS $function$
    SELECT c.*
    FROM billing_credit_note_line c JOIN billing_invoice_line l ON l.id = c.invoice_line_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.quantity), 0) AS quantity, coalesce(sum(e.total), 0) AS total
        FROM billing_credit_note_line e JOIN billing_credit_note n ON n.id = e.credit_note_id
        WHERE e.invoice_line_id = l.id AND n.status = 'sent' AND n.id <> note
    ) AS before
    WHERE c.credit_note_id = note AND (
        l.invoice_id <> corrected OR (c.tax_rate, c.tax_code_id) IS DISTINCT FROM (l.tax_rate, l.tax_code_id)
        OR before.total + c.total > l.total
        OR c.quantity IS NOT NULL AND (
            (c.unit_price, c.price_base_quantity, c.unit_code) <> (l.unit_price, l.price_base_quantity, l.unit_code)
            OR before.quantity + c.quantity > l.quantity
            OR c.total <> billing_share(l.total, before.quantity + c.quantity, l.quantity) - before.total))
$function$;
