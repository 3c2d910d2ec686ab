-- Deactivation and a changed password permanently end a user's sessions, regardless of how they happen. Sessions of the
-- back office contain the epoch (`User.session_epoch`), which only grows; those of the API are rows. The session in
-- which the user changes the password continues: the transaction's context has its id.
CREATE FUNCTION identity_session_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.session_epoch := greatest(NEW.session_epoch, OLD.session_epoch)
                         + CASE WHEN OLD.is_active AND NOT NEW.is_active THEN 1 ELSE 0 END;
    RETURN NEW;
END $$;
CREATE TRIGGER identity_session_epoch BEFORE UPDATE ON identity_user FOR EACH ROW
    WHEN ((OLD.is_active AND NOT NEW.is_active) OR NEW.session_epoch < OLD.session_epoch)
    EXECUTE FUNCTION identity_session_epoch();

CREATE FUNCTION identity_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := coalesce(nullif(current_setting('skeleton.context', true), ''), '{}')::jsonb;
BEGIN
    UPDATE identity_session SET revoked_at = now()
    WHERE user_id = NEW.id AND revoked_at IS NULL
          AND (NOT NEW.is_active OR id IS DISTINCT FROM (context->>'session_id')::uuid);
    RETURN NULL;
END $$;
CREATE TRIGGER identity_end_sessions AFTER UPDATE ON identity_user FOR EACH ROW
    WHEN ((OLD.is_active AND NOT NEW.is_active) OR NEW.password IS DISTINCT FROM OLD.password)
    EXECUTE FUNCTION identity_end_sessions();

DROP TRIGGER identity_user_audit ON identity_user;
CREATE TRIGGER identity_user_audit AFTER INSERT OR UPDATE OR DELETE ON identity_user
    FOR EACH ROW EXECUTE FUNCTION audit_row('users', '{password,last_login,session_epoch}');
