DROP TRIGGER identity_user_audit ON identity_user;
CREATE TRIGGER identity_user_audit AFTER INSERT OR UPDATE OR DELETE ON identity_user
    FOR EACH ROW EXECUTE FUNCTION audit_row('users', '{password,last_login}');
DROP TRIGGER identity_end_sessions ON identity_user;
DROP FUNCTION identity_end_sessions();
DROP TRIGGER identity_session_epoch ON identity_user;
DROP FUNCTION identity_session_epoch();
