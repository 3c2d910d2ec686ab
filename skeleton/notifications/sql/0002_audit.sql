-- What somebody wants to be sent is a setting, and audited like all of them. Notifications and their deliveries are not: they
-- follow from changes that are, and say themselves what happened to them.
CREATE TRIGGER notifications_preferences_audit AFTER INSERT OR UPDATE OR DELETE ON notifications_preferences
    FOR EACH ROW EXECUTE FUNCTION audit_row('notifications');
