-- A transaction with a NOTIFY holds a lock of the whole cluster until its commit is on disk, so all transactions that
-- enqueued a job waited for each other. Workers are woken after the commit instead (jobs.queue), and they poll.
DROP TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs;
