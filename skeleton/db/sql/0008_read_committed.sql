-- skeleton_read_committed(): trigger that refuses to write a table in a transaction with one snapshot for all of its
-- statements (REPEATABLE READ, SERIALIZABLE). The rules of these tables read other rows after they have waited for a
-- lock. Such a transaction would still see the rows as they were before the wait.
CREATE FUNCTION skeleton_read_committed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'serialization_failure',
        MESSAGE = format('could not serialize access: %s is written in READ COMMITTED transactions only', TG_TABLE_NAME),
        HINT = format('Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED instead of %s.',
                      upper(current_setting('transaction_isolation')));
END $$;

-- skeleton_require_read_committed('<table>', …): attach the trigger. Called by migrations, for each table with rules.
CREATE FUNCTION skeleton_require_read_committed(VARIADIC guarded text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY guarded LOOP
        EXECUTE format('CREATE TRIGGER skeleton_read_committed BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT'
                       ' WHEN (current_setting(''transaction_isolation'') IN (''repeatable read'', ''serializable''))'
                       ' EXECUTE FUNCTION skeleton_read_committed()', one);
    END LOOP;
END $$;

-- skeleton_allow_any_isolation('<table>', …): detach it. Called by reverse migrations.
CREATE FUNCTION skeleton_allow_any_isolation(VARIADIC guarded text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY guarded LOOP
        EXECUTE format('DROP TRIGGER skeleton_read_committed ON %I', one);
    END LOOP;
END $$;
