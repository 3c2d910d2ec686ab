-- PostgreSQL doesn't change the type of a column that a trigger's condition names. Such triggers, which belong to apps on
-- higher floors, are dropped for the change and then created again as they were.
DO $$
DECLARE
    dependent record;
    definitions text := '';
BEGIN
    FOR dependent IN
        SELECT t.tgname, pg_get_triggerdef(t.oid) AS definition
        FROM pg_trigger t JOIN pg_depend d ON d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE t.tgrelid = 'accounting_entry'::regclass AND a.attrelid = t.tgrelid AND a.attname = 'source_type'
    LOOP
        EXECUTE format('DROP TRIGGER %I ON accounting_entry', dependent.tgname);
        definitions := definitions || dependent.definition || ';';
    END LOOP;
    ALTER TABLE accounting_entry ALTER COLUMN source_type TYPE varchar(11);
    EXECUTE definitions;
END $$;
