-- The failure is deleted with the job.
ALTER TABLE core_job_failure ADD CONSTRAINT core_job_failure_job
    FOREIGN KEY (job_id) REFERENCES procrastinate_jobs ON DELETE CASCADE;
