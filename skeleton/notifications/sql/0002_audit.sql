-- Notification preferences are settings, and audited like all settings. Notifications and deliveries are not: they
-- result from audited changes, and record their own state.
CREATE TRIGGER notifications_preferences_audit AFTER INSERT OR UPDATE OR DELETE ON notifications_preferences
    FOR EACH ROW EXECUTE FUNCTION audit_row('notifications');
