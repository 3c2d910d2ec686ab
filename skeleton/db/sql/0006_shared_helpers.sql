-- Functions shared by the triggers of all apps. A rule is the name of a constraint, for which kernel.constraints has a
-- message.

-- skeleton_refuse('<rule>', '<why>'): raise an error that carries the rule's name.
CREATE FUNCTION skeleton_refuse(rule text, message text, state text DEFAULT 'integrity_constraint_violation')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = message, ERRCODE = state, CONSTRAINT = rule;
END $$;

-- skeleton_never('<rule>', '<why>'): trigger that always refuses. If it has no condition, or only requires that the
-- statement doesn't come from a trigger (WHEN (pg_trigger_depth() = 0)), the application's role lacks the right as
-- well: see skeleton/db/rights.py.
CREATE FUNCTION skeleton_never() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM skeleton_refuse(TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;

-- skeleton_context(): actor, address and request, as kernel.transactions sets them for the transaction.
CREATE FUNCTION skeleton_context() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb
$$;

-- Trigger functions run with the rights of the tables' owner and a fixed search path, so the application's role needs
-- no rights on what triggers write.
ALTER FUNCTION core_count_rows() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
