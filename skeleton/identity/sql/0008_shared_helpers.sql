-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

-- At least one active user with *:* remains, even with concurrent changes: transactions that could end this wait for
-- the lock and then see the changes of the previous one.
CREATE OR REPLACE FUNCTION identity_require_super_admin() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity_last_super_admin'));
    IF NOT EXISTS (
        SELECT 1 FROM identity_user u
        JOIN identity_user_role held ON held.user_id = u.id
        JOIN identity_role r ON r.id = held.role_id
        WHERE u.is_active AND '*:*' = ANY (r.permissions)
    ) THEN
        PERFORM skeleton_refuse('identity_last_super_admin', 'the last active super administrator must stay');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION identity_role_guard() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.is_default AND (TG_OP = 'DELETE' OR NEW.name <> OLD.name OR NEW.permissions <> OLD.permissions
                           OR NOT NEW.is_default) THEN
        PERFORM skeleton_refuse('identity_default_role_fixed', 'a default role cannot be changed');
    END IF;
    IF TG_OP = 'UPDATE' AND '*:*' = ANY (OLD.permissions) AND NOT '*:*' = ANY (NEW.permissions) THEN
        PERFORM identity_require_super_admin();
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION identity_end_sessions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    context jsonb := skeleton_context();
BEGIN
    UPDATE identity_session SET revoked_at = now()
    WHERE user_id = NEW.id AND revoked_at IS NULL
          AND (NOT NEW.is_active OR id IS DISTINCT FROM (context->>'session_id')::uuid);
    RETURN NULL;
END $$;

ALTER FUNCTION identity_user_guard() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION identity_user_role_guard() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION identity_user_password_audit() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION identity_session_epoch() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION identity_known_network_bound() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
