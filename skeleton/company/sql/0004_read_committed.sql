-- The rules of this table decide from other rows, so they need the rows as they are once a lock is held.
SELECT skeleton_require_read_committed('company_company');
