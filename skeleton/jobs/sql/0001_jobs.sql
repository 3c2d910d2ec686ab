-- Automatic work of the queue and its workers is not audited; users' actions on jobs are. Only audited transactions set
-- skeleton.context, and workers report over connections without any.
CREATE FUNCTION jobs_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit_write('jobs', lpad(to_hex(NEW.id), 32, '0')::uuid, TG_OP, jsonb_strip_nulls(jsonb_build_object(
        'task', jsonb_build_array(NEW.task_name, NEW.task_name),
        'status', jsonb_build_array(OLD.status, NEW.status))));
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_job_audit AFTER UPDATE OF status, scheduled_at ON procrastinate_jobs
    FOR EACH ROW WHEN (coalesce(current_setting('skeleton.context', true), '') <> '') EXECUTE FUNCTION jobs_audit();
