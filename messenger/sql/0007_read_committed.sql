-- The rules of these tables decide from other rows, so they need the rows as they are once a lock is held.
SELECT skeleton_require_read_committed(
    'messenger_attachment',
    'messenger_conversation',
    'messenger_member',
    'messenger_message'
);
