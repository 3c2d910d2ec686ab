-- A delivery's row records its automatic processing. If a user has it sent again, that is audited.
CREATE TRIGGER notifications_delivery_audit AFTER UPDATE OF status ON notifications_delivery
    FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'waiting') EXECUTE FUNCTION audit_row('deliveries');
