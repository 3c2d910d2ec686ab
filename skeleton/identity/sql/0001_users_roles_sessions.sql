-- At least one active user with *:* remains, even with concurrent changes: transactions that could end this wait for
-- the lock and then see the changes of the previous one.
CREATE FUNCTION identity_require_super_admin() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity_last_super_admin'));
    IF NOT EXISTS (
        SELECT 1 FROM identity_user u
        JOIN identity_user_role held ON held.user_id = u.id
        JOIN identity_role r ON r.id = held.role_id
        WHERE u.is_active AND '*:*' = ANY (r.permissions)
    ) THEN
        RAISE EXCEPTION 'the last active super administrator must stay'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'identity_last_super_admin';
    END IF;
END $$;

CREATE FUNCTION identity_user_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.is_active THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM identity_user_role held JOIN identity_role r ON r.id = held.role_id
               WHERE held.user_id = OLD.id AND '*:*' = ANY (r.permissions)) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_user_guard AFTER UPDATE OF is_active ON identity_user
    FOR EACH ROW WHEN (OLD.is_active) EXECUTE FUNCTION identity_user_guard();

CREATE FUNCTION identity_user_role_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM identity_role r WHERE r.id = OLD.role_id AND '*:*' = ANY (r.permissions)) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_user_role_guard AFTER UPDATE OR DELETE ON identity_user_role
    FOR EACH ROW EXECUTE FUNCTION identity_user_role_guard();

CREATE FUNCTION identity_role_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_default AND (TG_OP = 'DELETE' OR NEW.name <> OLD.name OR NEW.permissions <> OLD.permissions
                           OR NOT NEW.is_default) THEN
        RAISE EXCEPTION 'a default role cannot be changed'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'identity_default_role_fixed';
    END IF;
    IF TG_OP = 'UPDATE' AND '*:*' = ANY (OLD.permissions) AND NOT '*:*' = ANY (NEW.permissions) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_role_guard AFTER UPDATE OR DELETE ON identity_role
    FOR EACH ROW EXECUTE FUNCTION identity_role_guard();
