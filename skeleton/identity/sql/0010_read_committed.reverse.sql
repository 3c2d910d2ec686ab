SELECT skeleton_allow_any_isolation(
    'identity_known_network',
    'identity_role',
    'identity_user',
    'identity_user_role'
);
