UPDATE procrastinate_jobs SET
    task_name = 'billing.tasks.announce_overdue',
    lock = replace(lock, 'billing.tasks.notify_overdue_invoices', 'billing.tasks.announce_overdue'),
    queueing_lock = replace(queueing_lock, 'billing.tasks.notify_overdue_invoices', 'billing.tasks.announce_overdue')
WHERE task_name = 'billing.tasks.notify_overdue_invoices';
