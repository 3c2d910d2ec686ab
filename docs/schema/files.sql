-- The schema of skeleton.files as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in skeleton/files/sql.

-- files_file ----------------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE files_file (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(255) NOT NULL,
    mime_type character varying(100) NOT NULL,
    size bigint NOT NULL,
    checksum character varying(64) NOT NULL,
    purpose character varying(50),
    storage_key character varying(60) NOT NULL,
    owner_id uuid NOT NULL,
    CONSTRAINT files_file_pkey PRIMARY KEY (id),
    CONSTRAINT files_file_checksum_is_sha256 CHECK (checksum::text ~ '^[0-9a-f]{64}$'::text),
    CONSTRAINT files_file_name_present CHECK (NOT name::text = ''::text),
    CONSTRAINT files_file_size_positive CHECK (size > 0),
    CONSTRAINT files_file_owner_id_bf9a4c9c_fk_identity_user_id FOREIGN KEY (owner_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT files_file_storage_key_unique UNIQUE (storage_key)
);

CREATE INDEX files_file_created_at ON files_file USING btree (created_at, id);
CREATE INDEX files_file_name ON files_file USING btree (name, id);
CREATE INDEX files_file_owner ON files_file USING btree (owner_id, id);
CREATE INDEX files_file_owner_id_bf9a4c9c ON files_file USING btree (owner_id);
CREATE INDEX files_file_size ON files_file USING btree (size, id);

CREATE TRIGGER files_file_audit AFTER INSERT OR DELETE OR UPDATE ON files_file
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('files', '{storage_key}', 'owner_id');
