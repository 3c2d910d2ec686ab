DROP TRIGGER identity_user_audit ON identity_user;
DROP TRIGGER identity_role_audit ON identity_role;
DROP TRIGGER identity_user_role_audit_insert ON identity_user_role;
DROP TRIGGER identity_user_role_audit_delete ON identity_user_role;
