-- The schema of skeleton.importexport as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in skeleton/importexport/sql.

-- exchange_import -----------------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE exchange_import (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    screen character varying(100) NOT NULL,
    file_name character varying(255) NOT NULL,
    encoding character varying(20),
    content bytea NOT NULL,
    state character varying(8) NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    report jsonb NOT NULL,
    plan character varying(64) NOT NULL,
    message text NOT NULL,
    owner_id uuid NOT NULL,
    attempts integer NOT NULL,
    notation character varying(5),
    source jsonb NOT NULL,
    CONSTRAINT exchange_import_pkey PRIMARY KEY (id),
    CONSTRAINT exchange_import_state_known CHECK (state::text = ANY (ARRAY['checking'::character varying, 'checked'::character varying, 'refused'::character varying, 'applying'::character varying, 'done'::character varying, 'failed'::character varying]::text[])),
    CONSTRAINT exchange_import_owner_id_6e9db5dc_fk_identity_user_id FOREIGN KEY (owner_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX exchange_import_created_at ON exchange_import USING btree (created_at);
CREATE INDEX exchange_import_owner_id_6e9db5dc ON exchange_import USING btree (owner_id);
