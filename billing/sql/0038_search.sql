-- The audit log of payments leaves the text out that they are searched in.
SELECT audit_detach('billing_payment');
SELECT audit_attach('billing_payment', 'invoices', '{search_text,number_key,allocated,refunded}');

-- It may differ in a change of a payment: a generated column is null before the row is written.
CREATE OR REPLACE FUNCTION billing_payment_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $$
DECLARE
    derived text[] := '{allocated,refunded,number_key,search_text}';  -- a generated column is null before the row is written
    reversal text[] := '{reversed_at,reversal_reason,reversal_day}';
BEGIN
    IF to_jsonb(NEW) - derived - reversal <> to_jsonb(OLD) - derived - reversal THEN
        PERFORM skeleton_refuse('billing_payment_append_only', 'a payment is never changed');
    END IF;
    IF pg_trigger_depth() = 1 AND (NEW.allocated, NEW.refunded) <> (OLD.allocated, OLD.refunded) THEN
        PERFORM skeleton_refuse('billing_payment_derived', 'what is allocated and refunded follows from other rows');
    END IF;
    IF (NEW.reversed_at, NEW.reversal_reason, NEW.reversal_day)
       IS NOT DISTINCT FROM (OLD.reversed_at, OLD.reversal_reason, OLD.reversal_day) THEN
        RETURN NEW;
    END IF;
    IF OLD.reversed_at IS NOT NULL THEN
        PERFORM skeleton_refuse('billing_payment_reversed_once', 'a payment is reversed once');
    ELSIF NEW.refunded > 0 THEN
        PERFORM skeleton_refuse('billing_payment_reversed_unrefunded', 'the payment is refunded');
    ELSIF NEW.reversal_day < NEW.day
          OR NEW.reversal_day > billing_latest_day(NEW.day) THEN
        PERFORM skeleton_refuse('billing_payment_reversal_day', 'a payment is reversed between its own day and today');
    END IF;
    IF NEW.refund_of_payment_id IS NOT NULL THEN
        UPDATE billing_payment p SET refunded = p.refunded - NEW.amount WHERE p.id = NEW.refund_of_payment_id;
    END IF;
    RETURN NEW;
END $$;
