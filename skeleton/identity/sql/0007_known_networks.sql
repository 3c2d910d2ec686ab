-- Only the user's own logins add networks to the list, which is limited to the newest fifty.
CREATE FUNCTION identity_known_network_bound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM identity_known_network WHERE user_id = NEW.user_id AND id NOT IN (
        SELECT id FROM identity_known_network WHERE user_id = NEW.user_id ORDER BY seen_at DESC, id DESC LIMIT 50);
    RETURN NULL;
END $$;
CREATE TRIGGER identity_known_network_bound AFTER INSERT ON identity_known_network
    FOR EACH ROW EXECUTE FUNCTION identity_known_network_bound();
