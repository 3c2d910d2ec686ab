-- The schema of skeleton.jobs as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in skeleton/jobs/sql.

-- procrastinate_jobs --------------------------------------------------------------------------------------------------
-- A table of another package, with triggers of this app.

CREATE TRIGGER jobs_job_audit AFTER UPDATE OF status, scheduled_at ON procrastinate_jobs
    FOR EACH ROW WHEN (COALESCE(current_setting('skeleton.context'::text, true), ''::text) <> ''::text)
    EXECUTE FUNCTION jobs_audit();

-- functions -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION jobs_audit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM audit_write('jobs', lpad(to_hex(NEW.id), 32, '0')::uuid, TG_OP, jsonb_strip_nulls(jsonb_build_object(
        'task', jsonb_build_array(NEW.task_name, NEW.task_name),
        'status', jsonb_build_array(OLD.status, NEW.status))));
    RETURN NULL;
END $function$;
