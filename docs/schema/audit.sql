-- The schema of skeleton.audit as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in skeleton/audit/sql.

-- audit_entry ---------------------------------------------------------------------------------------------------------
-- The application may: SELECT

CREATE TABLE audit_entry (
    id uuid NOT NULL,
    actor_email text NOT NULL,
    action text NOT NULL,
    resource text NOT NULL,
    resource_id uuid NOT NULL,
    changes jsonb NOT NULL,
    ip text,
    request_id text,
    created_at timestamp with time zone NOT NULL,
    actor_id uuid,
    CONSTRAINT audit_entry_pkey PRIMARY KEY (id),
    CONSTRAINT audit_entry_actor_id_57c4b003_fk_identity_user_id FOREIGN KEY (actor_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX audit_entry_actor ON audit_entry USING btree (actor_id, id);
CREATE INDEX audit_entry_actor_id_57c4b003 ON audit_entry USING btree (actor_id);
CREATE INDEX audit_entry_created_at ON audit_entry USING btree (created_at);
CREATE INDEX audit_entry_resource ON audit_entry USING btree (resource, resource_id, id);

CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR UPDATE ON audit_entry
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('audit_entry_append_only', 'the audit log is append-only');
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('audit_entry_append_only', 'the audit log is append-only');

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION audit_attach(audited text, resource text, hidden text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION audit_row(%L, %L)', audited || '_audit', audited, resource, hidden);
END $function$;

CREATE OR REPLACE FUNCTION audit_attach_children(audited text, resource text, parent_id text, name text, parent text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    arguments text := concat_ws(', ', quote_literal(resource), quote_literal(parent_id), quote_literal(name),
                                quote_literal(parent));
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS after_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_children(%s)', audited || '_audit_insert', audited, arguments);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_children(%s)', audited || '_audit_update', audited, arguments);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS before_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_children(%s)', audited || '_audit_delete', audited, arguments);
END $function$;

CREATE OR REPLACE FUNCTION audit_children()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    parent record;
    kind text;
    resource text;
    gathered text;
BEGIN
    gathered := concat_ws(' UNION ALL ',
        CASE WHEN TG_OP <> 'INSERT' THEN 'SELECT to_jsonb(b) AS row, true AS old FROM before_rows b' END,
        CASE WHEN TG_OP <> 'DELETE' THEN 'SELECT to_jsonb(a) AS row, false AS old FROM after_rows a' END);
    FOR parent IN EXECUTE format(
        'SELECT (row->>%1$L)::uuid AS id,
                coalesce(jsonb_agg(row - %1$L ORDER BY row->>''id'') FILTER (WHERE old), ''[]'') AS before,
                coalesce(jsonb_agg(row - %1$L ORDER BY row->>''id'') FILTER (WHERE NOT old), ''[]'') AS after
         FROM (%2$s) AS gathered GROUP BY 1', TG_ARGV[1], gathered)
    LOOP
        CONTINUE WHEN parent.before = parent.after;
        kind := '';
        IF TG_ARGV[0] LIKE '%{kind}%' THEN
            EXECUTE format('SELECT kind FROM %I WHERE id = $1', TG_ARGV[3]) INTO kind USING parent.id;
        END IF;
        resource := replace(TG_ARGV[0], '{kind}', coalesce(kind, ''));
        PERFORM audit_write(resource, parent.id, TG_OP,
                            jsonb_build_object(TG_ARGV[2], jsonb_build_array(parent.before, parent.after)));
        PERFORM events_add(TG_TABLE_NAME, 'UPDATE', resource, parent.id, NULL, NULL, ARRAY[TG_ARGV[2]]);
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION audit_detach(audited text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP TRIGGER %I ON %I', tgname, audited), '; ')
             FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
             WHERE tgrelid = audited::regclass AND proname IN ('audit_row', 'audit_children'));
END $function$;

CREATE OR REPLACE FUNCTION audit_row()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    hidden text[] := array['id', 'created_at', 'updated_at'] || coalesce(TG_ARGV[1], '{}')::text[];
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) - hidden END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) - hidden END;
    whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    resource text := replace(TG_ARGV[0], '{kind}', coalesce(whole->>'kind', ''));
    changes jsonb;
BEGIN
    SELECT jsonb_object_agg(key, jsonb_build_array(before->key, after->key)) INTO changes
    FROM jsonb_object_keys(before || after) AS key
    WHERE coalesce(before->key, 'null') IS DISTINCT FROM coalesce(after->key, 'null');
    IF changes IS NOT NULL OR TG_OP <> 'UPDATE' THEN
        changes := coalesce(changes, '{}');
        PERFORM audit_write(resource, (whole->>'id')::uuid, TG_OP, changes);
        PERFORM events_add(TG_TABLE_NAME, TG_OP, resource, (whole->>'id')::uuid, (whole->>TG_ARGV[2])::uuid,
                           CASE WHEN changes ? 'status' THEN concat(before->>'status', '>', after->>'status') END,
                           ARRAY(SELECT jsonb_object_keys(changes)));
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION audit_write(resource text, resource_id uuid, operation text, changes jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    context jsonb := skeleton_context();
BEGIN
    INSERT INTO audit_entry (id, actor_id, actor_email, action, resource, resource_id, changes, ip, request_id, created_at)
    VALUES (skeleton_uuid7(), (context->>'actor_id')::uuid, coalesce(context->>'actor_email', ''),
            coalesce(context->>'action', lower(operation)), resource, resource_id, changes,
            context->>'ip', context->>'request_id', clock_timestamp());
END $function$;
