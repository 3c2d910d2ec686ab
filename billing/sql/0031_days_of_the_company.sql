-- Days are stored, and never derived from times. What was recorded so far counts by the days of UTC.
ALTER TABLE billing_payment DISABLE TRIGGER USER;
UPDATE billing_payment SET day = (paid_at AT TIME ZONE 'UTC')::date;
ALTER TABLE billing_payment ENABLE TRIGGER USER;

ALTER TABLE billing_invoice DISABLE TRIGGER USER;
UPDATE billing_invoice SET cancelled_on = (cancelled_at AT TIME ZONE 'UTC')::date WHERE cancelled_at IS NOT NULL;
ALTER TABLE billing_invoice ENABLE TRIGGER USER;

-- The year of a number is that of the company's day on which the document is created: at the turn of the year it depends
-- on the time zone, of which there are some from 12 hours before to 14 hours after UTC.
ALTER TABLE billing_order DROP CONSTRAINT billing_order_number_form;
ALTER TABLE billing_order ADD CONSTRAINT billing_order_number_form CHECK (
    number ~ '^ORD-[0-9]{4}-([0-9]{6}|[1-9][0-9]{6,11})$'
    AND split_part(number, '-', 2)
        BETWEEN lpad(extract(year FROM (created_at AT TIME ZONE 'UTC') - interval '12 hours')::text, 4, '0')
            AND lpad(extract(year FROM (created_at AT TIME ZONE 'UTC') + interval '14 hours')::text, 4, '0'));
ALTER TABLE billing_payment DROP CONSTRAINT billing_payment_number_form;
ALTER TABLE billing_payment ADD CONSTRAINT billing_payment_number_form CHECK (
    number ~ '^PAY-[0-9]{4}-([0-9]{6}|[1-9][0-9]{6,11})$'
    AND split_part(number, '-', 2)
        BETWEEN lpad(extract(year FROM (created_at AT TIME ZONE 'UTC') - interval '12 hours')::text, 4, '0')
            AND lpad(extract(year FROM (created_at AT TIME ZONE 'UTC') + interval '14 hours')::text, 4, '0'));

CREATE FUNCTION billing_invoice_cancelled_on() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.cancelled_at IS NULL AND NEW.cancelled_at IS NOT NULL THEN
        NEW.cancelled_on := company_today();
    ELSIF NEW.cancelled_on IS DISTINCT FROM OLD.cancelled_on THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'the day of the cancellation follows from it');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_cancelled_on BEFORE UPDATE ON billing_invoice
    FOR EACH ROW WHEN (NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at
                       OR NEW.cancelled_on IS DISTINCT FROM OLD.cancelled_on)
    EXECUTE FUNCTION billing_invoice_cancelled_on();

-- The last day on which a settlement by money that moved on `day` may count.
CREATE FUNCTION billing_latest_day(day date) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT greatest(company_today(), day)
$$;
DROP FUNCTION billing_latest_day(timestamptz);

CREATE OR REPLACE FUNCTION billing_credit_note_refunded() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    note billing_credit_note;
BEGIN
    SELECT * INTO note FROM billing_credit_note WHERE id = NEW.refund_of_credit_note_id FOR NO KEY UPDATE;
    IF TG_OP = 'UPDATE' THEN
        UPDATE billing_credit_note SET refunded = refunded - NEW.amount WHERE id = note.id;
    ELSIF note.status IS DISTINCT FROM 'sent'
          OR (note.customer_id, note.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
          OR NEW.day < note.issue_date THEN
        PERFORM skeleton_refuse('billing_payment_refund_fits',
                                'a refund pays back a sent credit note of the same customer, and not before its day');
    ELSE
        UPDATE billing_credit_note SET refunded = refunded + NEW.amount WHERE id = note.id;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_payment_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    refunded billing_payment;
BEGIN
    PERFORM FROM parties_party WHERE id = NEW.customer_id AND kind <> 'customer';
    IF FOUND THEN
        PERFORM skeleton_refuse('billing_payment_customer_kind', 'only customers pay and are refunded');
    END IF;
    IF (NEW.refunded, NEW.reversed_at) IS DISTINCT FROM (0::bigint, NULL::timestamptz) THEN
        PERFORM skeleton_refuse('billing_payment_derived', 'a payment begins without refunds, and not reversed');
    END IF;
    IF NEW.refund_of_payment_id IS NOT NULL THEN
        SELECT * INTO refunded FROM billing_payment WHERE id = NEW.refund_of_payment_id FOR NO KEY UPDATE;
        IF FOUND AND ((refunded.customer_id, refunded.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
                      OR refunded.direction <> 'in' OR refunded.reversed_at IS NOT NULL
                      OR NEW.day < refunded.day) THEN
            PERFORM skeleton_refuse('billing_payment_refund_fits',
                                    'a refund pays back money that came in before, to the same customer in its currency');
        END IF;
        UPDATE billing_payment p SET refunded = p.refunded + NEW.amount WHERE p.id = NEW.refund_of_payment_id;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_payment_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    derived text[] := '{allocated,refunded,number_key}';  -- a generated column is null before the row is written
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

CREATE OR REPLACE FUNCTION billing_settlement_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    undoing text[] := '{undone_at,undone_day}';
BEGIN
    IF OLD.undone_at IS NOT NULL OR to_jsonb(NEW) - undoing <> to_jsonb(OLD) - undoing THEN
        PERFORM skeleton_refuse('billing_settlement_append_only', 'a settlement is only undone, and once');
    END IF;
    IF NEW.undone_day > greatest(company_today(), NEW.day) THEN
        PERFORM skeleton_refuse('billing_settlement_days', 'a settlement is not undone in the future');
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION billing_settlement_fault(made billing_settlement) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN made.undone_at IS NOT NULL THEN 'billing_settlement_append_only'
        WHEN made.day < billing_first_day(made, i) THEN 'billing_settlement_days'
        WHEN made.kind = 'write_off' THEN CASE
            WHEN made.at_once OR made.day > greatest(company_today(), billing_posting_day(i))
                THEN 'billing_settlement_days'
            WHEN NOT billing_is_tax_left(made) THEN 'billing_settlement_tax_of_invoice'
        END
        WHEN made.kind = 'credit_note' THEN CASE
            WHEN n.status <> 'sent' THEN 'billing_settlement_of_sent_credit_note'
            WHEN n.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
            WHEN n.currency <> i.currency THEN 'billing_settlement_same_currency'
            WHEN made.day < n.issue_date
                 OR made.day > greatest(company_today(), n.issue_date)
                 OR made.at_once AND made.day <> n.issue_date
                THEN 'billing_settlement_days'
        END
        WHEN made.at_once AND made.day <> p.day THEN 'billing_settlement_days'
        WHEN p.direction <> 'in' OR p.reversed_at IS NOT NULL THEN 'billing_settlement_of_received'
        WHEN p.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
        WHEN p.currency <> i.currency THEN 'billing_settlement_same_currency'
        WHEN made.day < p.day
             OR made.day > greatest(billing_latest_day(p.day), billing_posting_day(i))
            THEN 'billing_settlement_days'
    END
    FROM billing_invoice i
    LEFT JOIN billing_payment p ON p.id = made.payment_id
    LEFT JOIN billing_credit_note n ON n.id = made.credit_note_id
    WHERE i.id = made.invoice_id
$$;
