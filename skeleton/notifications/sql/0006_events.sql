-- Notifications are not audited, but their users see their events.
CREATE TRIGGER notifications_notification_event AFTER INSERT OR UPDATE OR DELETE ON notifications_notification
    FOR EACH ROW EXECUTE FUNCTION events_row('notifications', '{}', 'user_id');
CREATE OR REPLACE TRIGGER notifications_preferences_audit AFTER INSERT OR UPDATE OR DELETE ON notifications_preferences
    FOR EACH ROW EXECUTE FUNCTION audit_row('notifications', '{}', 'user_id');
