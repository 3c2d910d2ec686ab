-- Records that a password was changed, but not its value, not even as a hash.
CREATE FUNCTION identity_user_password_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit_write('users', NEW.id, TG_OP, '{"password": ["hidden", "hidden"]}');
    RETURN NULL;
END $$;
CREATE TRIGGER identity_user_password_audit AFTER UPDATE OF password ON identity_user
    FOR EACH ROW WHEN (OLD.password IS DISTINCT FROM NEW.password) EXECUTE FUNCTION identity_user_password_audit();
CREATE TRIGGER identity_user_role_audit_update AFTER UPDATE ON identity_user_role
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('users', 'user_id', 'roles');
