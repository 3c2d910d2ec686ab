-- Nobody changes these rows, so the audit log says nothing of it.
SELECT audit_detach('inventory_item'), audit_detach('inventory_warehouse');

-- Of rows whose keys are equal, the oldest has the plain key. The others keep their SKU or code with a key of their own,
-- until somebody changes it (manage.py check_duplicates lists them).
SELECT skeleton_attach_key('inventory_item', 'sku', 'sku_key'),
       skeleton_attach_key('inventory_warehouse', 'code', 'code_key');

SELECT skeleton_require_read_committed('inventory_item', 'inventory_warehouse');

SELECT audit_attach('inventory_item', 'catalog', '{search_text,sku_key}'),
       audit_attach('inventory_warehouse', 'inventory', '{code_key}');
