UPDATE procrastinate_jobs SET
    task_name = 'contracts.tasks.settle_contracts',
    lock = replace(lock, 'contracts.tasks.run_contract_cycle', 'contracts.tasks.settle_contracts'),
    queueing_lock = replace(queueing_lock, 'contracts.tasks.run_contract_cycle', 'contracts.tasks.settle_contracts')
WHERE task_name = 'contracts.tasks.run_contract_cycle';
