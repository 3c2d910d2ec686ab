DROP TRIGGER identity_user_role_audit_update ON identity_user_role;
DROP TRIGGER identity_user_password_audit ON identity_user;
DROP FUNCTION identity_user_password_audit();
