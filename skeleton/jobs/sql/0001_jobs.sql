-- What the queue and its workers do by themselves is not audited; what a person does about a job is. Only a verb
-- announces itself in skeleton.context, and workers report over connections that know no verbs.
CREATE FUNCTION jobs_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit_write('jobs', lpad(to_hex(NEW.id), 32, '0')::uuid, TG_OP, jsonb_strip_nulls(jsonb_build_object(
        'task', jsonb_build_array(NEW.task_name, NEW.task_name),
        'status', jsonb_build_array(OLD.status, NEW.status))));
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_job_audit AFTER UPDATE OF status, scheduled_at ON procrastinate_jobs
    FOR EACH ROW WHEN (coalesce(current_setting('skeleton.context', true), '') <> '') EXECUTE FUNCTION jobs_audit();
