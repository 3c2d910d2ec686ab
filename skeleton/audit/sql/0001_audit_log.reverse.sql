DROP TRIGGER audit_entry_append_only ON audit_entry;
DROP TRIGGER audit_entry_no_truncate ON audit_entry;
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_children();
DROP FUNCTION audit_row();
DROP FUNCTION audit_write(text, uuid, text, jsonb);
