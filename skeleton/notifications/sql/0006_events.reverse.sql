DROP TRIGGER notifications_notification_event ON notifications_notification;
CREATE OR REPLACE TRIGGER notifications_preferences_audit AFTER INSERT OR UPDATE OR DELETE ON notifications_preferences
    FOR EACH ROW EXECUTE FUNCTION audit_row('notifications');
