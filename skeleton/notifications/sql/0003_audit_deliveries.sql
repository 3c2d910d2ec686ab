-- What becomes of a delivery by itself is in its row; that a person had one sent again is audited.
CREATE TRIGGER notifications_delivery_audit AFTER UPDATE OF status ON notifications_delivery
    FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'waiting') EXECUTE FUNCTION audit_row('deliveries');
