-- Jobs that are in the queue during the upgrade refer to the function by its former name.
UPDATE procrastinate_jobs SET
    task_name = 'contracts.tasks.run_contract_cycle',
    lock = replace(lock, 'contracts.tasks.settle_contracts', 'contracts.tasks.run_contract_cycle'),
    queueing_lock = replace(queueing_lock, 'contracts.tasks.settle_contracts', 'contracts.tasks.run_contract_cycle')
WHERE task_name = 'contracts.tasks.settle_contracts';
