-- The rules of these tables decide from other rows, so they need the rows as they are once a lock is held.
SELECT skeleton_require_read_committed(
    'identity_known_network',
    'identity_role',
    'identity_user',
    'identity_user_role'
);
