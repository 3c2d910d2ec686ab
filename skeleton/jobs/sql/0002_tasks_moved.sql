-- Queued jobs refer to functions by module, and the modules have moved. Jobs that are in the queue during the upgrade
-- keep their new name if the migration is reversed, because the old names aren't recorded.
UPDATE procrastinate_jobs SET
    task_name = replace(replace(task_name, 'skeleton.core.tasks.', 'skeleton.jobs.tasks.'),
                        'skeleton.exchange.tasks.', 'skeleton.importexport.tasks.'),
    lock = replace(lock, 'skeleton.core.tasks.', 'skeleton.jobs.tasks.'),
    queueing_lock = replace(queueing_lock, 'skeleton.core.tasks.', 'skeleton.jobs.tasks.')
WHERE task_name LIKE 'skeleton.core.tasks.%' OR task_name LIKE 'skeleton.exchange.tasks.%';
