-- What the triggers of all apps share. A rule is the name of a constraint: kernel.constraints turns it into a sentence.

-- skeleton_refuse('<rule>', '<why>'): raise an error that carries the rule's name.
CREATE FUNCTION skeleton_refuse(rule text, message text, state text DEFAULT 'integrity_constraint_violation')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = message, ERRCODE = state, CONSTRAINT = rule;
END $$;

-- skeleton_never('<rule>', '<why>'): the trigger of what must not happen. Where it has no condition, or only that the
-- statement comes from no trigger (WHEN (pg_trigger_depth() = 0)), the application's role has no right to it either: see
-- skeleton/db/rights.py.
CREATE FUNCTION skeleton_never() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM skeleton_refuse(TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;

-- skeleton_context(): who acts, from where, in which request, as kernel.transactions announces it to the transaction.
CREATE FUNCTION skeleton_context() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb
$$;

-- Trigger functions run with the rights of the tables' owner, over a fixed search path: the application's role needs no
-- right of its own on what triggers write.
ALTER FUNCTION core_count_rows() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
