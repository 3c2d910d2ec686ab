SELECT skeleton_allow_any_isolation(
    'inventory_category',
    'inventory_movement',
    'inventory_reservation',
    'inventory_stock'
);
