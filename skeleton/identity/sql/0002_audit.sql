CREATE TRIGGER identity_user_audit AFTER INSERT OR UPDATE OR DELETE ON identity_user
    FOR EACH ROW EXECUTE FUNCTION audit_row('users', '{password,last_login}');
CREATE TRIGGER identity_role_audit AFTER INSERT OR UPDATE OR DELETE ON identity_role
    FOR EACH ROW EXECUTE FUNCTION audit_row('roles');
CREATE TRIGGER identity_user_role_audit_insert AFTER INSERT ON identity_user_role
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_children('users', 'user_id', 'roles');
CREATE TRIGGER identity_user_role_audit_delete AFTER DELETE ON identity_user_role
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_children('users', 'user_id', 'roles');
