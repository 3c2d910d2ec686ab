SELECT skeleton_allow_any_isolation(
    'messenger_attachment',
    'messenger_conversation',
    'messenger_member',
    'messenger_message'
);
