-- The actor of a change comes from the transaction-local setting that kernel.transactions writes. Without it, the
-- change is still recorded, but without an actor, so raw SQL leaves a trace too.
CREATE FUNCTION audit_write(resource text, resource_id uuid, operation text, changes jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb;
BEGIN
    INSERT INTO audit_entry (id, actor_id, actor_email, action, resource, resource_id, changes, ip, request_id, created_at)
    VALUES (skeleton_uuid7(), (context->>'actor_id')::uuid, coalesce(context->>'actor_email', ''),
            coalesce(context->>'action', lower(operation)), resource, resource_id, changes,
            context->>'ip', context->>'request_id', clock_timestamp());
END $$;

-- audit_row('<resource>', '{columns,to,leave,out}'): audits each row of a table. "{kind}" in the resource is replaced
-- by the row's kind.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hidden text[] := array['id', 'created_at', 'updated_at'] || coalesce(TG_ARGV[1], '{}')::text[];
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) - hidden END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) - hidden END;
    whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    changes jsonb;
BEGIN
    SELECT jsonb_object_agg(key, jsonb_build_array(before->key, after->key)) INTO changes
    FROM jsonb_object_keys(before || after) AS key
    WHERE coalesce(before->key, 'null') IS DISTINCT FROM coalesce(after->key, 'null');
    IF changes IS NOT NULL OR TG_OP <> 'UPDATE' THEN
        PERFORM audit_write(replace(TG_ARGV[0], '{kind}', coalesce(whole->>'kind', '')), (whole->>'id')::uuid,
                            TG_OP, coalesce(changes, '{}'));
    END IF;
    RETURN NULL;
END $$;

-- audit_children('<resource>', '<parent id column>', '<name>', '<parent table>'): for each statement on a table of
-- parts, one entry per parent. Requires transition tables named before_rows and after_rows.
CREATE FUNCTION audit_children() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent record;
    kind text;
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
        PERFORM audit_write(replace(TG_ARGV[0], '{kind}', coalesce(kind, '')), parent.id, TG_OP,
                            jsonb_build_object(TG_ARGV[2], jsonb_build_array(parent.before, parent.after)));
    END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_entry_append_only';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
