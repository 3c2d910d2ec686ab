CREATE OR REPLACE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION audit_children() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
    END LOOP;
    RETURN NULL;
END $$;

DROP FUNCTION events_row();
DROP FUNCTION events_add(text, text, text, uuid, uuid, text, text[], jsonb);
DROP FUNCTION events_rank(text);
DROP TRIGGER events_log_append ON events_log;
DROP FUNCTION events_append();
