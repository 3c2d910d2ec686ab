-- Jobs that are in the queue during the upgrade refer to the function by its former name.
UPDATE procrastinate_jobs SET
    task_name = 'billing.tasks.notify_overdue_invoices',
    lock = replace(lock, 'billing.tasks.announce_overdue', 'billing.tasks.notify_overdue_invoices'),
    queueing_lock = replace(queueing_lock, 'billing.tasks.announce_overdue', 'billing.tasks.notify_overdue_invoices')
WHERE task_name = 'billing.tasks.announce_overdue';
