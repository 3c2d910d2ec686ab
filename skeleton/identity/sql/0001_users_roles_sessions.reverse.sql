DROP TRIGGER identity_role_guard ON identity_role;
DROP TRIGGER identity_user_role_guard ON identity_user_role;
DROP TRIGGER identity_user_guard ON identity_user;
DROP FUNCTION identity_role_guard();
DROP FUNCTION identity_user_role_guard();
DROP FUNCTION identity_user_guard();
DROP FUNCTION identity_require_super_admin();
