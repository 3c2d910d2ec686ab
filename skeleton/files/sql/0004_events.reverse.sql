CREATE OR REPLACE TRIGGER files_file_audit AFTER INSERT OR UPDATE OR DELETE ON files_file
    FOR EACH ROW EXECUTE FUNCTION audit_row('files', '{storage_key}');
