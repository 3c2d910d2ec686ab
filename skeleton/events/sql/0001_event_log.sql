-- Migration 0001 of skeleton.events: events are written by the audit triggers and moved to the log by the sequencer.

ALTER TABLE events_pending ALTER COLUMN id SET DEFAULT skeleton_uuid7(),
                           ALTER COLUMN xact SET DEFAULT pg_current_xact_id()::text::bigint,
                           ALTER COLUMN created_at SET DEFAULT clock_timestamp(),
                           SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
INSERT INTO events_log (id, base, newest, origin, appended_at) VALUES (1, 0, 0, '', now());

-- Of two changes of one object in one transaction, the one with the higher rank names the event. Other verbs than these
-- are changes of status (`draft>sent`).
CREATE FUNCTION events_rank(verb text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE verb WHEN 'updated' THEN 0 WHEN 'created' THEN 1 WHEN 'deleted' THEN 3 ELSE 2 END
$$;

-- Write the event of one change, or add the change to the object's event in this transaction. The number is drawn while
-- the changed row is locked, so the numbers of an object's events are in the order of its changes.
CREATE FUNCTION events_add(source text, operation text, resource text, resource_id uuid, scope uuid, status text,
                           changes text[], data jsonb DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := skeleton_context();
BEGIN
    INSERT INTO events_pending AS p (source, verb, resource, resource_id, scope_id, actor_id, api_key_id, request_id,
                                     changes, data)
    VALUES (source,
            CASE operation WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE coalesce(status, 'updated') END,
            resource, resource_id, scope, (context->>'actor_id')::uuid, (context->>'api_key_id')::uuid,
            context->>'request_id', changes, data)
    ON CONFLICT ON CONSTRAINT events_pending_object DO UPDATE SET
        number = excluded.number,
        source = CASE WHEN events_rank(excluded.verb) >= greatest(events_rank(p.verb), 1) THEN excluded.source ELSE p.source END,
        verb = CASE WHEN events_rank(excluded.verb) >= events_rank(p.verb) THEN excluded.verb ELSE p.verb END,
        scope_id = coalesce(excluded.scope_id, p.scope_id),
        changes = ARRAY(SELECT name FROM unnest(p.changes || excluded.changes) AS name GROUP BY name ORDER BY name),
        data = coalesce(excluded.data, p.data);
END $$;

-- events_row('<resource>', '{columns,to,leave,out}', '<scope column>'): the event of each row of a table that isn't audited.
CREATE FUNCTION events_row() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hidden text[] := array['id', 'created_at', 'updated_at'] || coalesce(TG_ARGV[1], '{}')::text[];
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) - hidden END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) - hidden END;
    whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    changes text[] := ARRAY(
        SELECT key FROM jsonb_object_keys(before || after) AS key
        WHERE coalesce(before->key, 'null') IS DISTINCT FROM coalesce(after->key, 'null') ORDER BY key);
BEGIN
    IF changes <> '{}' OR TG_OP <> 'UPDATE' THEN
        PERFORM events_add(TG_TABLE_NAME, TG_OP, TG_ARGV[0], (whole->>'id')::uuid, (whole->>TG_ARGV[2])::uuid,
                           CASE WHEN 'status' = ANY (changes) THEN concat(before->>'status', '>', after->>'status') END, changes);
    END IF;
    RETURN NULL;
END $$;

-- audit_row('<resource>', '{columns,to,leave,out}', '<scope column>'): one entry and one event for each row of a table.
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
        PERFORM events_add(TG_TABLE_NAME, TG_OP, resource, (whole->>'id')::uuid, (whole->>TG_ARGV[2])::uuid,
                           CASE WHEN changes ? 'status' THEN concat(before->>'status', '>', after->>'status') END,
                           ARRAY(SELECT jsonb_object_keys(changes)));
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
        PERFORM events_add(TG_TABLE_NAME, 'UPDATE', resource, parent.id, NULL, NULL, ARRAY[TG_ARGV[2]]);
    END LOOP;
    RETURN NULL;
END $$;

-- Updating the row of events_log moves up to a thousand pending events to the log, in the order of their numbers. Its lock
-- lets one process at a time do so, and each sees what the ones before it have committed. Nothing else can be updated.
-- An epoch begins when the database is another one than before, or when `origin` is set to another text.
CREATE FUNCTION events_append() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    here text := concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                           (SELECT oid FROM pg_database WHERE datname = current_database()),
                           left(pg_walfile_name(pg_current_wal_lsn()), 8));
    begins boolean := here IS DISTINCT FROM NEW.origin;
    moved bigint;
BEGIN
    NEW := OLD;
    IF begins THEN
        NEW.origin := here;
        NEW.base := greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, OLD.newest + 1);
        NEW.newest := NEW.base;
        UPDATE events_pending SET xact = NULL WHERE xact IS NOT NULL;  -- of another server's transactions
    END IF;
    WITH moved AS (
        DELETE FROM events_pending WHERE number IN (SELECT number FROM events_pending ORDER BY number LIMIT 1000)
        RETURNING *
    )
    INSERT INTO events_event (position, number, id, source, verb, resource, resource_id, scope_id, actor_id, api_key_id,
                              request_id, created_at, changes, data)
    SELECT NEW.newest + row_number() OVER (ORDER BY number), number, id, source, verb, resource, resource_id, scope_id,
           actor_id, api_key_id, request_id, created_at, changes, data
    FROM moved;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved = 0 AND NOT begins THEN RETURN NULL; END IF;
    NEW.newest := NEW.newest + moved;
    NEW.appended_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER events_log_append BEFORE UPDATE ON events_log FOR EACH ROW EXECUTE FUNCTION events_append();
CREATE TRIGGER events_log_permanent BEFORE INSERT OR DELETE ON events_log
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('events_log_permanent', 'the log has one row');

CREATE TRIGGER events_event_append_only BEFORE UPDATE ON events_event
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('events_event_append_only', 'what happened is never changed');
CREATE TRIGGER events_event_derived BEFORE INSERT ON events_event
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('events_event_append_only', 'the log follows from what happened');
SELECT skeleton_require_read_committed('events_log');
