-- Invoices, payments and settlements. Settlements are the source: the triggers here derive from them what is settled of
-- each invoice, its status, and what is allocated of each payment. Rows are locked in the order invoices, payments,
-- each by ascending id.

-- --- invoices ---------------------------------------------------------------------------------------------------------

-- As before, but what settles an invoice can be undone: the settlements' triggers, at a greater depth than 1, may take a
-- paid invoice back to sent, or cancel it once it is credited.
CREATE OR REPLACE FUNCTION billing_invoice_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.issue_date, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.issue_date, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'number, customer, currency and date of issue stay');
    END IF;
    IF NEW.customer_name IS DISTINCT FROM OLD.customer_name AND pg_trigger_depth() = 1 THEN
        PERFORM skeleton_refuse('billing_invoice_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.due_date, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.sent_at)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.due_date, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.sent_at)
    THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'what was sent stays as it was sent');
    END IF;
    IF OLD.status IN ('paid', 'cancelled') AND pg_trigger_depth() = 1
       AND (NEW.amount_paid, NEW.amount_credited, NEW.amount_written_off, NEW.credited_total, NEW.paid_at,
            NEW.cancelled_at, NEW.cancel_reason)
           IS DISTINCT FROM
           (OLD.amount_paid, OLD.amount_credited, OLD.amount_written_off, OLD.credited_total, OLD.paid_at,
            OLD.cancelled_at, OLD.cancel_reason) THEN
        PERFORM skeleton_refuse('billing_invoice_frozen', 'the invoice is ' || OLD.status);
    END IF;
    IF NEW.status <> OLD.status AND NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status = 'sent'
            OR (NEW.status = 'paid' AND NEW.total = 0)  -- nothing is due on an invoice of 0
            OR (NEW.status = 'cancelled' AND NEW.sent_at IS NULL)
        WHEN 'sent' THEN NEW.status IN ('paid', 'cancelled')
        WHEN 'paid' THEN NEW.status IN ('sent', 'cancelled') AND pg_trigger_depth() > 1
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_invoice_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF OLD.status = 'draft' AND NEW.status IN ('sent', 'paid') THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    RETURN NEW;
END $$;

-- What the settlements of an invoice add up to. `paid_at` is when the last of them was made: the time of the payment if
-- it was recorded for this invoice, else the time of the allocation.
CREATE FUNCTION billing_settled(settled uuid)
RETURNS TABLE (paid numeric, credited numeric, written_off numeric, paid_at timestamptz, changed_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(s.amount) FILTER (WHERE s.undone_at IS NULL AND s.kind = 'payment'), 0),
           coalesce(sum(s.amount) FILTER (WHERE s.undone_at IS NULL AND s.kind = 'credit_note'), 0),
           coalesce(sum(s.amount) FILTER (WHERE s.undone_at IS NULL AND s.kind = 'write_off'), 0),
           (array_agg(CASE WHEN p.created_at = s.created_at THEN p.paid_at ELSE s.created_at END
                      ORDER BY s.created_at DESC, s.id DESC) FILTER (WHERE s.undone_at IS NULL))[1],
           max(greatest(s.created_at, s.undone_at))
    FROM billing_settlement s LEFT JOIN billing_payment p ON p.id = s.payment_id
    WHERE s.invoice_id = settled
$$;

-- Derive the amounts and the status of an invoice from its settlements. The caller holds the invoice's lock.
CREATE FUNCTION billing_settle_invoice(settled uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_invoice i
    SET amount_paid = s.paid, amount_credited = s.credited, amount_written_off = s.written_off,
        status = s.status, updated_at = s.changed_at,
        paid_at = CASE WHEN s.status = 'paid' THEN coalesce(i.paid_at, s.paid_at) END
    FROM (
        SELECT f.*, CASE WHEN o.status NOT IN ('sent', 'paid') THEN o.status
                         WHEN o.total = f.paid + f.credited + f.written_off THEN 'paid' ELSE 'sent' END AS status
        FROM billing_invoice o, billing_settled(settled) f WHERE o.id = settled
    ) AS s
    WHERE i.id = settled
      AND (i.amount_paid, i.amount_credited, i.amount_written_off, i.status)
          IS DISTINCT FROM (s.paid, s.credited, s.written_off, s.status);
END $$;

-- The same from the other side, for whoever writes the amounts past the settlements. Together with the table's checks
-- (only sent invoices are settled, never more than the total), nothing settles a draft or exceeds the amount due.
DROP TRIGGER billing_invoice_paid ON billing_invoice;
DROP FUNCTION billing_check_payments(uuid);
DROP FUNCTION billing_payment_insert();
CREATE OR REPLACE FUNCTION billing_invoice_paid() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM billing_invoice i, billing_settled(i.id) s
    WHERE i.id = NEW.id
      AND (i.amount_paid, i.amount_credited, i.amount_written_off) = (s.paid, s.credited, s.written_off);
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('billing_invoice_paid_of_payments', 'the amounts are not those of the settlements');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_invoice_paid AFTER UPDATE OF amount_paid, amount_credited, amount_written_off
    ON billing_invoice DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION billing_invoice_paid();

-- --- payments ---------------------------------------------------------------------------------------------------------

ALTER TABLE billing_payment ADD CONSTRAINT billing_payment_number_form CHECK (
    number ~ ('^PAY-' || lpad(extract(year FROM created_at AT TIME ZONE 'UTC')::text, 4, '0') || '-([0-9]{6}|[1-9][0-9]{6,11})$')
);

-- A refund is of the customer and the currency of the payment that it pays back, and adds to what is refunded of it.
CREATE FUNCTION billing_payment_begin() RETURNS trigger LANGUAGE plpgsql
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
                      OR (NEW.paid_at AT TIME ZONE 'UTC')::date < (refunded.paid_at AT TIME ZONE 'UTC')::date) THEN
            PERFORM skeleton_refuse('billing_payment_refund_fits',
                                    'a refund pays back money that came in before, to the same customer in its currency');
        END IF;
        UPDATE billing_payment p SET refunded = p.refunded + NEW.amount WHERE p.id = NEW.refund_of_payment_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_payment_begin BEFORE INSERT ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_begin();

-- A payment is reversed once. Everything else stays, but for what the triggers derive.
CREATE FUNCTION billing_payment_change() RETURNS trigger LANGUAGE plpgsql
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
    ELSIF NEW.reversal_day < (NEW.paid_at AT TIME ZONE 'UTC')::date
          OR NEW.reversal_day > billing_latest_day(NEW.paid_at) THEN
        PERFORM skeleton_refuse('billing_payment_reversal_day', 'a payment is reversed between its own day and today');
    END IF;
    IF NEW.refund_of_payment_id IS NOT NULL THEN
        UPDATE billing_payment p SET refunded = p.refunded - NEW.amount WHERE p.id = NEW.refund_of_payment_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_payment_change BEFORE UPDATE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_change();

-- The last day on which something may happen to a payment: today, or its own day if the client's clock was ahead.
CREATE FUNCTION billing_latest_day(paid_at timestamptz) RETURNS date LANGUAGE sql VOLATILE AS $$
    SELECT greatest((clock_timestamp() AT TIME ZONE 'UTC')::date, (paid_at AT TIME ZONE 'UTC')::date)
$$;

CREATE TRIGGER billing_payment_append_only BEFORE DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_payment_append_only', 'payments are never deleted');

-- Derive what is allocated of a payment. The caller holds its lock. A payment is inserted with what it settles at once.
CREATE FUNCTION billing_settle_payment(settled uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_payment p SET allocated = billing_allocated(settled)
    WHERE p.id = settled AND p.allocated <> billing_allocated(settled);
END $$;
CREATE FUNCTION billing_allocated(payment uuid) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(s.amount), 0) FROM billing_settlement s WHERE s.payment_id = payment AND s.undone_at IS NULL
$$;

-- --- settlements ------------------------------------------------------------------------------------------------------

-- A settlement is undone once, and otherwise stays.
CREATE FUNCTION billing_settlement_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    undoing text[] := '{undone_at,undone_day}';
BEGIN
    IF OLD.undone_at IS NOT NULL OR to_jsonb(NEW) - undoing <> to_jsonb(OLD) - undoing THEN
        PERFORM skeleton_refuse('billing_settlement_append_only', 'a settlement is only undone, and once');
    END IF;
    IF NEW.undone_day > greatest((clock_timestamp() AT TIME ZONE 'UTC')::date, NEW.day) THEN
        PERFORM skeleton_refuse('billing_settlement_days', 'a settlement is not undone in the future');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_settlement_change BEFORE UPDATE ON billing_settlement
    FOR EACH ROW EXECUTE FUNCTION billing_settlement_change();
CREATE TRIGGER billing_settlement_append_only BEFORE DELETE ON billing_settlement
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('billing_settlement_append_only', 'settlements are never deleted');
CREATE TRIGGER billing_settlement_no_truncate BEFORE TRUNCATE ON billing_settlement
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('billing_settlement_append_only', 'settlements are never deleted');

-- The first rule that a new settlement breaks: NULL if there is none.
CREATE FUNCTION billing_settlement_fault(made billing_settlement) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN made.undone_at IS NOT NULL THEN 'billing_settlement_append_only'
        WHEN made.day < i.issue_date THEN 'billing_settlement_days'
        WHEN made.kind <> 'payment' AND made.day > (clock_timestamp() AT TIME ZONE 'UTC')::date
            THEN 'billing_settlement_days'
        WHEN made.kind <> 'payment' THEN NULL
        WHEN made.at_once AND made.day <> (p.paid_at AT TIME ZONE 'UTC')::date THEN 'billing_settlement_days'
        WHEN p.direction <> 'in' OR p.reversed_at IS NOT NULL THEN 'billing_settlement_of_received'
        WHEN p.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
        WHEN p.currency <> i.currency THEN 'billing_settlement_same_currency'
        WHEN made.day < (p.paid_at AT TIME ZONE 'UTC')::date OR made.day > billing_latest_day(p.paid_at)
            THEN 'billing_settlement_days'
    END
    FROM billing_invoice i LEFT JOIN billing_payment p ON p.id = made.payment_id WHERE i.id = made.invoice_id
$$;

-- Settlements were made or undone: lock what they touch, and derive the amounts and states.
CREATE FUNCTION billing_settlement_apply() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one uuid;
    broken text;
BEGIN
    PERFORM FROM billing_invoice WHERE id IN (SELECT invoice_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM billing_payment WHERE id IN (SELECT payment_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' THEN
        SELECT fault INTO broken FROM after_rows a, billing_settlement_fault(a::billing_settlement) AS fault
        WHERE fault IS NOT NULL LIMIT 1;
        IF FOUND THEN
            PERFORM skeleton_refuse(broken, 'a settlement breaks ' || broken);
        END IF;
    END IF;
    FOR one IN SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1 LOOP
        PERFORM billing_settle_invoice(one);
    END LOOP;
    FOR one IN SELECT DISTINCT payment_id FROM after_rows WHERE payment_id IS NOT NULL ORDER BY 1 LOOP
        PERFORM billing_settle_payment(one);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_settlement_insert AFTER INSERT ON billing_settlement
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION billing_settlement_apply();
CREATE TRIGGER billing_settlement_update AFTER UPDATE ON billing_settlement
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION billing_settlement_apply();

-- --- the books --------------------------------------------------------------------------------------------------------

-- Whether a document is posted for this purpose, in one currency, with exactly these debits and credits. Parts of 0 don't
-- count. Amounts are checked, but not the accounts, which are configured.
CREATE FUNCTION billing_is_posted(
    kind text, document uuid, reason text, coin text, debits numeric[], credits numeric[]
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounting_entry e CROSS JOIN LATERAL (
            SELECT array_agg(l.debit::numeric ORDER BY l.debit) FILTER (WHERE l.debit > 0) AS debits,
                   array_agg(l.credit::numeric ORDER BY l.credit) FILTER (WHERE l.credit > 0) AS credits,
                   min(l.currency) AS lowest, max(l.currency) AS highest
            FROM accounting_line l WHERE l.entry_id = e.id
        ) AS posted
        WHERE e.source_type = kind AND e.source_id = document AND e.purpose = reason
          AND (posted.lowest, posted.highest) = (coin, coin)
          AND posted.debits = (SELECT array_agg(part ORDER BY part) FROM unnest($5) AS part WHERE part <> 0)
          AND posted.credits = (SELECT array_agg(part ORDER BY part) FROM unnest($6) AS part WHERE part <> 0)
          AND NOT EXISTS (SELECT FROM accounting_entry r WHERE r.reverses_id = e.id)
    )
$$;
CREATE FUNCTION billing_has_entry(kind text, document uuid, reason text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounting_entry e
                   WHERE e.source_type = kind AND e.source_id = document AND e.purpose = reason)
$$;

-- At commit, a payment is in the books: received against what it settles at once, and the rest on account. If it is
-- reversed, the opposite, with the settlements that the reversal undid.
CREATE OR REPLACE FUNCTION billing_check_payment_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    payment billing_payment;
    at_once numeric;
    undone numeric;
    posted boolean;
BEGIN
    SELECT * INTO payment FROM billing_payment WHERE id = checked;
    SELECT coalesce(sum(amount) FILTER (WHERE settlement.at_once), 0),
           coalesce(sum(amount) FILTER (WHERE undone_at IS NOT NULL AND NOT billing_has_entry('allocation', id, 'undo')), 0)
    INTO at_once, undone FROM billing_settlement AS settlement WHERE payment_id = checked;
    posted := CASE payment.direction
        WHEN 'in' THEN billing_is_posted('payment', checked, 'receive', payment.currency, array[payment.amount],
                                         array[at_once, payment.amount - at_once])
                       AND NOT billing_has_entry('payment', checked, 'refund')
        WHEN 'out' THEN billing_is_posted('payment', checked, 'refund', payment.currency, array[payment.amount],
                                          array[payment.amount])
                        AND NOT billing_has_entry('payment', checked, 'receive')
        ELSE false
    END;
    IF payment.reversed_at IS NULL THEN
        posted := posted AND undone = 0 AND NOT billing_has_entry('payment', checked, 'reverse');
    ELSE
        posted := posted AND billing_is_posted('payment', checked, 'reverse', payment.currency,
                                               array[undone, payment.amount - undone], array[payment.amount]);
    END IF;
    IF posted IS NOT true THEN
        PERFORM skeleton_refuse('billing_payment_in_books', 'the books do not have what the payment says');
    END IF;
    IF payment.allocated <> billing_allocated(checked) THEN
        PERFORM skeleton_refuse('billing_payment_derived', 'what is allocated of the payment is not what it settles');
    END IF;
END $$;

-- A new payment only needs its entry, whose own check compares the two.
CREATE OR REPLACE FUNCTION billing_payment_in_books() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       OR NOT billing_has_entry('payment', NEW.id, CASE NEW.direction WHEN 'in' THEN 'receive' ELSE 'refund' END) THEN
        PERFORM billing_check_payment_books(NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_payment_in_books AFTER INSERT OR UPDATE OF reversed_at ON billing_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_payment_in_books();

-- A later allocation has an entry of its own, with exactly its amount, and so has its undoing unless the payment is
-- reversed. What is settled at once is part of the entry of the payment, so both are written by one transaction.
CREATE FUNCTION billing_check_settlement_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    settlement billing_settlement;
    coin text;
    reason text;
BEGIN
    SELECT * INTO settlement FROM billing_settlement WHERE id = checked;
    SELECT currency INTO coin FROM billing_invoice WHERE id = settlement.invoice_id;
    IF settlement.kind = 'payment' AND settlement.at_once = billing_has_entry('allocation', checked, 'allocate') THEN
        PERFORM skeleton_refuse('billing_settlement_in_books',
                                'a settlement has an entry of its own if it was not made with its payment');
    END IF;
    FOREACH reason IN ARRAY '{allocate,undo}'::text[] LOOP
        IF billing_has_entry('allocation', checked, reason) AND (
            (settlement.kind <> 'write_off' AND (reason = 'allocate' OR settlement.undone_at IS NOT NULL)
             AND billing_is_posted('allocation', checked, reason, coin, array[settlement.amount],
                                   array[settlement.amount])) IS NOT true
        ) THEN
            PERFORM skeleton_refuse('billing_settlement_in_books', 'the books do not have what the settlement says');
        END IF;
    END LOOP;
    IF settlement.payment_id IS NOT NULL THEN
        PERFORM billing_check_payment_books(settlement.payment_id);
    END IF;
END $$;
CREATE FUNCTION billing_settlement_in_books() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.kind = 'payment' AND NEW.at_once AND NOT EXISTS (
        SELECT FROM accounting_entry WHERE source_type = 'payment' AND source_id = NEW.payment_id AND purpose = 'receive'
                                           AND xact = pg_current_xact_id()
    ) THEN
        PERFORM skeleton_refuse('billing_settlement_in_books', 'only a new payment settles at once');
    END IF;
    PERFORM billing_check_settlement_books(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_settlement_in_books AFTER INSERT OR UPDATE ON billing_settlement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_settlement_in_books();

CREATE OR REPLACE FUNCTION billing_entry_has_document() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    named record := NEW;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO named FROM accounting_entry WHERE id = NEW.reverses_id;
    END IF;
    IF named.source_type = 'invoice' THEN
        PERFORM billing_check_invoice_books(named.source_id);
    ELSIF named.source_type = 'payment' THEN
        PERFORM billing_check_payment_books(named.source_id);
    ELSIF named.source_type = 'allocation' THEN
        PERFORM billing_check_settlement_books(named.source_id);
    END IF;
    IF named.source_type IN ('invoice', 'payment', 'allocation') AND (named.source_type, named.purpose) NOT IN (
        ('invoice', 'send'), ('payment', 'receive'), ('payment', 'refund'), ('payment', 'reverse'),
        ('allocation', 'allocate'), ('allocation', 'undo')
    ) THEN
        PERFORM skeleton_refuse('billing_entry_purpose',
                                'documents are posted when sent or received, for nothing else');
    END IF;
    RETURN NULL;
END $$;

-- --- the audit log ----------------------------------------------------------------------------------------------------

SELECT audit_attach('billing_payment', 'invoices', '{number_key,allocated,refunded}');
SELECT audit_attach_children('billing_settlement', 'invoices', 'invoice_id', 'settlements');
