-- Queued jobs refer to functions by name, and these functions have new names. The records of the periodic jobs' runs
-- follow, so that the screen still shows the last run of each and none is enqueued twice for one time.
WITH renamed (old_name, new_name) AS (
    VALUES
        ('skeleton.jobs.tasks.give_back_stalled_jobs', 'skeleton.jobs.tasks.release_stalled_jobs'),
        ('skeleton.jobs.tasks.clean_up', 'skeleton.jobs.tasks.delete_old_jobs'),
        ('skeleton.importexport.tasks.forget', 'skeleton.importexport.tasks.delete_old_imports'),
        ('skeleton.importexport.tasks.fail_lost', 'skeleton.importexport.tasks.fail_lost_imports'),
        ('skeleton.notifications.tasks.clean_up', 'skeleton.notifications.tasks.delete_old_notifications'),
        ('skeleton.notifications.services.delivery.deliver', 'skeleton.notifications.services.delivery.create_deliveries'),
        ('skeleton.notifications.services.delivery.send', 'skeleton.notifications.services.delivery.send_delivery'),
        ('messenger.tasks.clean_up', 'messenger.tasks.delete_old_events'),
        ('billing.tasks.announce_overdue', 'billing.tasks.notify_overdue_invoices'),
        ('contracts.tasks.settle_contracts', 'contracts.tasks.run_contract_cycle')
), periodic AS (
    UPDATE procrastinate_periodic_defers d SET task_name = r.new_name FROM renamed r WHERE d.task_name = r.old_name
)
UPDATE procrastinate_jobs j SET
    task_name = r.new_name,
    lock = replace(lock, r.old_name, r.new_name),
    queueing_lock = replace(queueing_lock, r.old_name, r.new_name)
FROM renamed r WHERE j.task_name = r.old_name;

-- This job's queueing lock is its function's name without the module.
UPDATE procrastinate_jobs SET queueing_lock = 'release_stalled_jobs' WHERE queueing_lock = 'give_back_stalled_jobs';
