-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

-- The actor of a change comes from the transaction-local setting that kernel.transactions writes. Without it, the
-- change is still recorded, but without an actor, so raw SQL leaves a trace too.
CREATE OR REPLACE FUNCTION audit_write(resource text, resource_id uuid, operation text, changes jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := skeleton_context();
BEGIN
    INSERT INTO audit_entry (id, actor_id, actor_email, action, resource, resource_id, changes, ip, request_id, created_at)
    VALUES (skeleton_uuid7(), (context->>'actor_id')::uuid, coalesce(context->>'actor_email', ''),
            coalesce(context->>'action', lower(operation)), resource, resource_id, changes,
            context->>'ip', context->>'request_id', clock_timestamp());
END $$;

ALTER FUNCTION audit_row() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION audit_children() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

-- audit_attach('<table>', '<resource>', '{columns,to,leave,out}'): audit each row of a table from now on.
CREATE FUNCTION audit_attach(audited text, resource text, hidden text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION audit_row(%L, %L)', audited || '_audit', audited, resource, hidden);
END $$;

-- audit_attach_children('<table>', '<resource>', '<parent id column>', '<name>', '<parent table>'): audit each statement on a
-- table of parts from now on, one entry per parent.
CREATE FUNCTION audit_attach_children(audited text, resource text, parent_id text, name text, parent text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- audit_detach('<table>'): the reverse of both.
CREATE FUNCTION audit_detach(audited text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP TRIGGER %I ON %I', tgname, audited), '; ')
             FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
             WHERE tgrelid = audited::regclass AND proname IN ('audit_row', 'audit_children'));
END $$;

CREATE OR REPLACE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('audit_entry_append_only', 'the audit log is append-only');
CREATE OR REPLACE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('audit_entry_append_only', 'the audit log is append-only');

DROP FUNCTION audit_refuse();
