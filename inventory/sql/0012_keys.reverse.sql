SELECT audit_detach('inventory_item'), audit_detach('inventory_warehouse');
SELECT skeleton_allow_any_isolation('inventory_item', 'inventory_warehouse');
SELECT skeleton_detach_key('inventory_item'), skeleton_detach_key('inventory_warehouse');
SELECT audit_attach('inventory_item', 'catalog', '{search_text}'), audit_attach('inventory_warehouse', 'inventory');
