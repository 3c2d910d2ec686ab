WITH renamed (old_name, new_name) AS (
    VALUES
        ('skeleton.jobs.tasks.release_stalled_jobs', 'skeleton.jobs.tasks.give_back_stalled_jobs'),
        ('skeleton.jobs.tasks.delete_old_jobs', 'skeleton.jobs.tasks.clean_up'),
        ('skeleton.importexport.tasks.delete_old_imports', 'skeleton.importexport.tasks.forget'),
        ('skeleton.importexport.tasks.fail_lost_imports', 'skeleton.importexport.tasks.fail_lost'),
        ('skeleton.notifications.tasks.delete_old_notifications', 'skeleton.notifications.tasks.clean_up'),
        ('skeleton.notifications.services.delivery.create_deliveries', 'skeleton.notifications.services.delivery.deliver'),
        ('skeleton.notifications.services.delivery.send_delivery', 'skeleton.notifications.services.delivery.send'),
        ('messenger.tasks.delete_old_events', 'messenger.tasks.clean_up'),
        ('billing.tasks.notify_overdue_invoices', 'billing.tasks.announce_overdue'),
        ('contracts.tasks.run_contract_cycle', 'contracts.tasks.settle_contracts')
), periodic AS (
    UPDATE procrastinate_periodic_defers d SET task_name = r.new_name FROM renamed r WHERE d.task_name = r.old_name
)
UPDATE procrastinate_jobs j SET
    task_name = r.new_name,
    lock = replace(lock, r.old_name, r.new_name),
    queueing_lock = replace(queueing_lock, r.old_name, r.new_name)
FROM renamed r WHERE j.task_name = r.old_name;

-- This job's queueing lock is its function's name without the module.
UPDATE procrastinate_jobs SET queueing_lock = 'give_back_stalled_jobs' WHERE queueing_lock = 'release_stalled_jobs';
