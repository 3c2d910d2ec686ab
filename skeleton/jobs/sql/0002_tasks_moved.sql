-- A queued job names its function by module, and the modules have moved. What waits in the queue during the upgrade
-- keeps its new name when the migration is taken back: nothing else remembers which job was queued under which name.
UPDATE procrastinate_jobs SET
    task_name = replace(replace(task_name, 'skeleton.core.tasks.', 'skeleton.jobs.tasks.'),
                        'skeleton.exchange.tasks.', 'skeleton.importexport.tasks.'),
    lock = replace(lock, 'skeleton.core.tasks.', 'skeleton.jobs.tasks.'),
    queueing_lock = replace(queueing_lock, 'skeleton.core.tasks.', 'skeleton.jobs.tasks.')
WHERE task_name LIKE 'skeleton.core.tasks.%' OR task_name LIKE 'skeleton.exchange.tasks.%';
