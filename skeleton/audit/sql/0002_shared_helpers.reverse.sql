DROP FUNCTION audit_detach(text);
DROP FUNCTION audit_attach_children(text, text, text, text, text);
DROP FUNCTION audit_attach(text, text, text[]);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_entry_append_only';
END $$;

CREATE OR REPLACE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE OR REPLACE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE OR REPLACE FUNCTION audit_write(resource text, resource_id uuid, operation text, changes jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb;
BEGIN
    INSERT INTO audit_entry (id, actor_id, actor_email, action, resource, resource_id, changes, ip, request_id, created_at)
    VALUES (skeleton_uuid7(), (context->>'actor_id')::uuid, coalesce(context->>'actor_email', ''),
            coalesce(context->>'action', lower(operation)), resource, resource_id, changes,
            context->>'ip', context->>'request_id', clock_timestamp());
END $$;

ALTER FUNCTION audit_row() SECURITY INVOKER RESET search_path;
ALTER FUNCTION audit_children() SECURITY INVOKER RESET search_path;
