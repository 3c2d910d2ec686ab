SELECT skeleton_allow_any_isolation(
    'contracts_contract',
    'contracts_cycle'
);
