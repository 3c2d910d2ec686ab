-- Credit notes and write-offs among the settlements, in the books, and what they mean for invoices and orders. Rows are
-- locked in the order invoices, credit notes, payments, each by ascending id.

-- --- invoices ---------------------------------------------------------------------------------------------------------

-- As before, but once sent, an invoice is only cancelled by its credit notes, and only they change what is credited.
CREATE FUNCTION billing_invoice_credited() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.credited_total <> OLD.credited_total THEN
        PERFORM skeleton_refuse('billing_invoice_credited_derived', 'what is credited follows from the credit notes');
    ELSIF OLD.status <> 'draft' AND NEW.status = 'cancelled' THEN
        PERFORM skeleton_refuse('billing_invoice_cancelled_by_credit_note', 'a sent invoice is cancelled by a credit note');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_credited BEFORE UPDATE ON billing_invoice
    FOR EACH ROW WHEN (
        pg_trigger_depth() = 0
        AND (NEW.credited_total <> OLD.credited_total OR NEW.status = 'cancelled' AND OLD.status IN ('sent', 'paid'))
    ) EXECUTE FUNCTION billing_invoice_credited();

-- What an invoice's own issued credit notes settle of it, and the time and the reason of the last of them.
CREATE FUNCTION billing_own_credit(credited uuid)
RETURNS TABLE (amount numeric, issued_at timestamptz, reason text) LANGUAGE sql STABLE AS $$
    SELECT (SELECT coalesce(sum(s.amount), 0)
            FROM billing_settlement s JOIN billing_credit_note o ON o.id = s.credit_note_id
            WHERE s.invoice_id = credited AND o.invoice_id = credited AND s.undone_at IS NULL),
           max(n.sent_at), (array_agg(n.reason ORDER BY n.sent_at DESC, n.number_key DESC))[1]
    FROM billing_credit_note n WHERE n.invoice_id = credited AND n.status = 'sent'
$$;

-- Derive the amounts and the status of an invoice: it is cancelled once its own credit notes credit and settle all of it.
CREATE OR REPLACE FUNCTION billing_settle_invoice(settled uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_invoice i
    SET amount_paid = s.paid, amount_credited = s.credited, amount_written_off = s.written_off, status = s.status,
        updated_at = coalesce(greatest(s.changed_at, s.issued_at), i.updated_at),
        paid_at = CASE WHEN s.status = 'paid' THEN coalesce(i.paid_at, s.paid_at) END,
        cancelled_at = CASE WHEN s.status = 'cancelled'
                            THEN coalesce(i.cancelled_at, greatest(s.changed_at, s.issued_at)) END,
        cancel_reason = CASE WHEN s.status = 'cancelled' THEN coalesce(i.cancel_reason, s.reason) END
    FROM (
        SELECT f.*, own.issued_at, own.reason,
               CASE WHEN o.status NOT IN ('sent', 'paid') THEN o.status
                    WHEN own.issued_at IS NOT NULL AND (o.total, o.total) = (o.credited_total, own.amount)
                        THEN 'cancelled'
                    WHEN o.total = f.paid + f.credited + f.written_off THEN 'paid' ELSE 'sent' END AS status
        FROM billing_invoice o, billing_settled(settled) f, billing_own_credit(settled) own WHERE o.id = settled
    ) AS s
    WHERE i.id = settled
      AND (i.amount_paid, i.amount_credited, i.amount_written_off, i.status)
          IS DISTINCT FROM (s.paid, s.credited, s.written_off, s.status);
END $$;

-- --- credit notes -----------------------------------------------------------------------------------------------------

CREATE FUNCTION billing_credit_note_issued() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM billing_check_credit_note(NEW);
    UPDATE billing_invoice SET credited_total = credited_total + NEW.total WHERE id = NEW.invoice_id;
    PERFORM billing_settle_invoice(NEW.invoice_id);
    RETURN NULL;
END $$;
CREATE TRIGGER billing_credit_note_issued AFTER UPDATE OF status ON billing_credit_note
    FOR EACH ROW WHEN (OLD.status = 'draft' AND NEW.status = 'sent') EXECUTE FUNCTION billing_credit_note_issued();

-- Derive what of a credit note settles invoices. The caller holds its lock.
CREATE FUNCTION billing_settle_credit_note(note uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_credit_note n SET allocated = s.amount
    FROM (SELECT coalesce(sum(amount), 0) AS amount
          FROM billing_settlement WHERE credit_note_id = note AND undone_at IS NULL) AS s
    WHERE n.id = note AND n.allocated <> s.amount;
END $$;

-- A refund of a credit note is of its customer and currency, and adds to what is refunded of it until it is reversed.
CREATE FUNCTION billing_credit_note_refunded() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    note billing_credit_note;
BEGIN
    SELECT * INTO note FROM billing_credit_note WHERE id = NEW.refund_of_credit_note_id FOR NO KEY UPDATE;
    IF TG_OP = 'UPDATE' THEN
        UPDATE billing_credit_note SET refunded = refunded - NEW.amount WHERE id = note.id;
    ELSIF note.status IS DISTINCT FROM 'sent'
          OR (note.customer_id, note.currency) IS DISTINCT FROM (NEW.customer_id, NEW.currency)
          OR (NEW.paid_at AT TIME ZONE 'UTC')::date < note.issue_date THEN
        PERFORM skeleton_refuse('billing_payment_refund_fits',
                                'a refund pays back a sent credit note of the same customer, and not before its day');
    ELSE
        UPDATE billing_credit_note SET refunded = refunded + NEW.amount WHERE id = note.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_credit_note_refunded BEFORE INSERT ON billing_payment
    FOR EACH ROW WHEN (NEW.refund_of_credit_note_id IS NOT NULL) EXECUTE FUNCTION billing_credit_note_refunded();
CREATE TRIGGER billing_credit_note_refund_reversed AFTER UPDATE OF reversed_at ON billing_payment
    FOR EACH ROW WHEN (NEW.refund_of_credit_note_id IS NOT NULL AND OLD.reversed_at IS NULL
                       AND NEW.reversed_at IS NOT NULL)
    EXECUTE FUNCTION billing_credit_note_refunded();

-- --- settlements ------------------------------------------------------------------------------------------------------

-- Whether the tax of a write-off is a part of its amount, and of what each rate of the invoice has left.
CREATE FUNCTION billing_is_tax_left(made billing_settlement) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(r.base + r.tax), 0) <= made.amount AND coalesce(bool_and((
        r.base >= 0 AND r.tax >= 0 AND r.base <= invoiced.base AND r.tax <= greatest(0, invoiced.tax - taken.tax)
    ) IS TRUE), true)
    FROM jsonb_to_recordset(made.tax) AS r (rate numeric, base numeric, tax numeric)
    LEFT JOIN LATERAL (
        SELECT b.base, b.tax
        FROM billing_invoice i CROSS JOIN jsonb_to_recordset(i.tax_breakdown) AS b (rate numeric, base numeric, tax numeric)
        WHERE i.id = made.invoice_id AND b.rate = r.rate
    ) AS invoiced ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(t.tax), 0) AS tax
        FROM (
            SELECT tax_breakdown AS rows FROM billing_credit_note WHERE invoice_id = made.invoice_id AND status = 'sent'
            UNION ALL
            SELECT w.tax FROM billing_settlement w
            WHERE w.invoice_id = made.invoice_id AND w.kind = 'write_off' AND w.undone_at IS NULL AND w.id <> made.id
        ) AS takers CROSS JOIN jsonb_to_recordset(takers.rows) AS t (rate numeric, tax numeric)
        WHERE t.rate = r.rate
    ) AS taken
$$;

-- The first rule that a new settlement breaks: NULL if there is none.
CREATE OR REPLACE FUNCTION billing_settlement_fault(made billing_settlement) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN made.undone_at IS NOT NULL THEN 'billing_settlement_append_only'
        WHEN made.day < i.issue_date THEN 'billing_settlement_days'
        WHEN made.kind = 'write_off' THEN CASE
            WHEN made.at_once OR made.day > greatest((clock_timestamp() AT TIME ZONE 'UTC')::date, i.issue_date)
                THEN 'billing_settlement_days'
            WHEN NOT billing_is_tax_left(made) THEN 'billing_settlement_tax_of_invoice'
        END
        WHEN made.kind = 'credit_note' THEN CASE
            WHEN n.status <> 'sent' THEN 'billing_settlement_of_sent_credit_note'
            WHEN n.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
            WHEN n.currency <> i.currency THEN 'billing_settlement_same_currency'
            WHEN made.day < n.issue_date
                 OR made.day > greatest((clock_timestamp() AT TIME ZONE 'UTC')::date, n.issue_date)
                 OR made.at_once AND made.day <> n.issue_date
                THEN 'billing_settlement_days'
        END
        WHEN made.at_once AND made.day <> (p.paid_at AT TIME ZONE 'UTC')::date THEN 'billing_settlement_days'
        WHEN p.direction <> 'in' OR p.reversed_at IS NOT NULL THEN 'billing_settlement_of_received'
        WHEN p.customer_id <> i.customer_id THEN 'billing_settlement_same_customer'
        WHEN p.currency <> i.currency THEN 'billing_settlement_same_currency'
        WHEN made.day < (p.paid_at AT TIME ZONE 'UTC')::date OR made.day > billing_latest_day(p.paid_at)
            THEN 'billing_settlement_days'
    END
    FROM billing_invoice i
    LEFT JOIN billing_payment p ON p.id = made.payment_id
    LEFT JOIN billing_credit_note n ON n.id = made.credit_note_id
    WHERE i.id = made.invoice_id
$$;

-- Settlements were made or undone: lock what they touch, and derive the amounts and states.
CREATE OR REPLACE FUNCTION billing_settlement_apply() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one uuid;
    broken text;
BEGIN
    PERFORM FROM billing_invoice WHERE id IN (SELECT invoice_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM billing_credit_note WHERE id IN (SELECT credit_note_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM billing_payment WHERE id IN (SELECT payment_id FROM after_rows) ORDER BY id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' THEN
        SELECT fault INTO broken FROM after_rows a, billing_settlement_fault(a::billing_settlement) AS fault
        WHERE fault IS NOT NULL LIMIT 1;
        IF FOUND THEN
            PERFORM skeleton_refuse(broken, 'a settlement breaks ' || broken);
        END IF;
    ELSIF EXISTS (SELECT FROM after_rows a JOIN billing_credit_note n ON n.id = a.credit_note_id
                  WHERE n.invoice_id = a.invoice_id) THEN
        PERFORM skeleton_refuse('billing_settlement_own_credit_note', 'what a credit note settles of its invoice stays');
    END IF;
    FOR one IN SELECT DISTINCT invoice_id FROM after_rows ORDER BY 1 LOOP
        PERFORM billing_settle_invoice(one);
    END LOOP;
    FOR one IN SELECT DISTINCT credit_note_id FROM after_rows WHERE credit_note_id IS NOT NULL ORDER BY 1 LOOP
        PERFORM billing_settle_credit_note(one);
    END LOOP;
    FOR one IN SELECT DISTINCT payment_id FROM after_rows WHERE payment_id IS NOT NULL ORDER BY 1 LOOP
        PERFORM billing_settle_payment(one);
    END LOOP;
    RETURN NULL;
END $$;

-- --- the books --------------------------------------------------------------------------------------------------------

-- At commit, a sent credit note is in the books: its net and tax against what it settles at once, and the rest on
-- account. One that credits and settles the whole invoice is posted by the reversal of the invoice's entry instead.
CREATE FUNCTION billing_check_credit_note_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    note billing_credit_note;
    at_once numeric;
    posted boolean;
BEGIN
    SELECT * INTO note FROM billing_credit_note WHERE id = checked;
    SELECT coalesce(sum(amount), 0) INTO at_once
    FROM billing_settlement AS settlement WHERE credit_note_id = checked AND settlement.at_once;
    posted := CASE
        WHEN note.status IS DISTINCT FROM 'sent' OR note.total = 0
            THEN NOT billing_has_entry('credit_note', checked, 'send')
        WHEN billing_has_entry('credit_note', checked, 'send')
            THEN billing_is_posted('credit_note', checked, 'send', note.currency, array[note.subtotal, note.tax_total],
                                   array[at_once, note.total - at_once])
        ELSE note.total = at_once AND EXISTS (
            SELECT FROM billing_invoice i
            JOIN accounting_entry e ON e.source_type = 'invoice' AND e.source_id = i.id AND e.purpose = 'send'
            JOIN accounting_entry r ON r.reverses_id = e.id
            WHERE i.id = note.invoice_id AND i.total = note.total)
    END;
    IF posted IS NOT true OR EXISTS (
        SELECT FROM billing_settlement
        WHERE credit_note_id = checked AND undone_at IS NOT NULL AND NOT billing_has_entry('allocation', id, 'undo')
    ) THEN
        PERFORM skeleton_refuse('billing_credit_note_in_books', 'the books do not have what the credit note says');
    END IF;
END $$;
CREATE FUNCTION billing_credit_note_in_books() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM billing_check_credit_note_books(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_credit_note_in_books AFTER UPDATE OF status ON billing_credit_note
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status = 'draft' AND NEW.status = 'sent') EXECUTE FUNCTION billing_credit_note_in_books();

-- A write-off and its undoing are opposite entries: bad debt and the corrected tax against receivables.
CREATE FUNCTION billing_check_write_off_books(settlement billing_settlement, coin text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT billing_is_posted('write_off', settlement.id, 'write_off', coin, array[settlement.amount - t.tax, t.tax],
                             array[settlement.amount])
           AND CASE WHEN settlement.undone_at IS NULL THEN NOT billing_has_entry('write_off', settlement.id, 'undo')
               ELSE billing_is_posted('write_off', settlement.id, 'undo', coin, array[settlement.amount],
                                      array[settlement.amount - t.tax, t.tax]) END
    FROM (SELECT coalesce(sum(r.tax), 0) AS tax FROM jsonb_to_recordset(settlement.tax) AS r (tax numeric)) AS t
$$;

-- A later allocation and its undoing have entries of their own, with exactly its amount. What is settled at once is part
-- of the entry of the payment or credit note.
CREATE OR REPLACE FUNCTION billing_check_settlement_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    settlement billing_settlement;
    coin text;
    reason text;
    posted boolean := true;
BEGIN
    SELECT * INTO settlement FROM billing_settlement WHERE id = checked;
    SELECT currency INTO coin FROM billing_invoice WHERE id = settlement.invoice_id;
    IF settlement.kind <> 'write_off' AND settlement.at_once = billing_has_entry('allocation', checked, 'allocate') THEN
        PERFORM skeleton_refuse('billing_settlement_in_books',
                                'a settlement has an entry of its own if it was not made with what settles');
    END IF;
    FOREACH reason IN ARRAY '{allocate,undo}'::text[] LOOP
        IF billing_has_entry('allocation', checked, reason) THEN
            posted := posted AND settlement.kind <> 'write_off'
                AND (reason = 'allocate' OR settlement.undone_at IS NOT NULL)
                AND billing_is_posted('allocation', checked, reason, coin, array[settlement.amount],
                                      array[settlement.amount]);
        END IF;
    END LOOP;
    posted := posted AND CASE WHEN settlement.kind = 'write_off' THEN billing_check_write_off_books(settlement, coin)
                              ELSE NOT billing_has_entry('write_off', checked, 'write_off')
                                   AND NOT billing_has_entry('write_off', checked, 'undo') END;
    IF posted IS NOT true THEN
        PERFORM skeleton_refuse('billing_settlement_in_books', 'the books do not have what the settlement says');
    END IF;
    IF settlement.payment_id IS NOT NULL THEN
        PERFORM billing_check_payment_books(settlement.payment_id);
    ELSIF settlement.credit_note_id IS NOT NULL THEN
        PERFORM billing_check_credit_note_books(settlement.credit_note_id);
    END IF;
END $$;

-- The entry of an invoice is reversed if it was cancelled by one credit note of all of it, or before there were any.
CREATE OR REPLACE FUNCTION billing_check_invoice_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    entry uuid;
    undone boolean;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT id INTO entry FROM accounting_entry
    WHERE source_type = 'invoice' AND source_id = checked AND purpose = 'send';
    IF invoice.sent_at IS NULL OR invoice.total = 0 THEN
        IF entry IS NOT NULL THEN
            PERFORM skeleton_refuse('billing_invoice_in_books', 'an invoice is in the books that was not sent');
        END IF;
        RETURN;
    END IF;
    IF entry IS NULL OR (SELECT (sum(debit), min(currency), max(currency))
                         IS DISTINCT FROM (invoice.total, invoice.currency, invoice.currency)
                         FROM accounting_line WHERE entry_id = entry) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books', 'the books do not have what the invoice says');
    END IF;
    undone := EXISTS (SELECT FROM accounting_entry WHERE reverses_id = entry);
    IF undone <> (invoice.status = 'cancelled' AND NOT EXISTS (
        SELECT FROM billing_credit_note n
        WHERE n.invoice_id = checked AND n.status = 'sent' AND billing_has_entry('credit_note', n.id, 'send'))) THEN
        PERFORM skeleton_refuse('billing_invoice_in_books',
                               'the entry of an invoice is reversed when it is cancelled as a whole, and only then');
    END IF;
END $$;

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
    ELSIF named.source_type = 'credit_note' THEN
        PERFORM billing_check_credit_note_books(named.source_id);
    ELSIF named.source_type IN ('allocation', 'write_off') THEN
        PERFORM billing_check_settlement_books(named.source_id);
    END IF;
    IF named.source_type IN ('invoice', 'payment', 'credit_note', 'allocation', 'write_off')
       AND (named.source_type, named.purpose) NOT IN (
        ('invoice', 'send'), ('payment', 'receive'), ('payment', 'refund'), ('payment', 'reverse'),
        ('credit_note', 'send'), ('allocation', 'allocate'), ('allocation', 'undo'),
        ('write_off', 'write_off'), ('write_off', 'undo')
    ) THEN
        PERFORM skeleton_refuse('billing_entry_purpose',
                                'documents are posted when sent or received, for nothing else');
    END IF;
    RETURN NULL;
END $$;

-- --- orders -----------------------------------------------------------------------------------------------------------

-- A fully credited invoice bills nothing: its lines can be invoiced again, and its order cancelled.
CREATE OR REPLACE FUNCTION billing_order_rest(ordered uuid, states text[])
    RETURNS TABLE (order_line_id uuid, line_position integer, quantity numeric, discount numeric) LANGUAGE sql STABLE AS $$
    SELECT l.id, l.position, l.quantity - billed.quantity,
           least(greatest(l.discount - billed.discount, 0), round((l.quantity - billed.quantity) * l.unit_price))
    FROM billing_order_line l CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.quantity), 0) AS quantity, coalesce(sum(b.discount), 0) AS discount
        FROM billing_invoice_line b JOIN billing_invoice i ON i.id = b.invoice_id
        WHERE b.order_line_id = l.id AND i.status = ANY(states) AND NOT billing_is_credited(i)
    ) AS billed
    WHERE l.order_id = ordered
$$;

DROP TRIGGER billing_order_billed ON billing_invoice;
CREATE TRIGGER billing_order_billed AFTER UPDATE OF status, credited_total ON billing_invoice
    FOR EACH ROW WHEN (
        NEW.order_id IS NOT NULL
        AND (OLD.status IN ('sent', 'paid') AND NOT (OLD.total > 0 AND OLD.credited_total = OLD.total))
            <> (NEW.status IN ('sent', 'paid') AND NOT (NEW.total > 0 AND NEW.credited_total = NEW.total))
    ) EXECUTE FUNCTION billing_order_billed();

CREATE OR REPLACE FUNCTION billing_order_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.customer_id, NEW.currency, NEW.created_at, NEW.created_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.customer_id, OLD.currency, OLD.created_at, OLD.created_by_id) THEN
        PERFORM skeleton_refuse('billing_order_identity', 'number, customer, currency and day of an order stay');
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.customer_name <> OLD.customer_name THEN
        PERFORM skeleton_refuse('billing_order_identity', 'the name follows the customer, never by itself');
    END IF;
    IF OLD.status <> 'draft'
       AND (NEW.customer_name, NEW.subtotal, NEW.tax_total, NEW.total, NEW.tax_breakdown, NEW.notes, NEW.shipping_address)
           IS DISTINCT FROM
           (OLD.customer_name, OLD.subtotal, OLD.tax_total, OLD.total, OLD.tax_breakdown, OLD.notes, OLD.shipping_address)
    THEN
        PERFORM skeleton_refuse('billing_order_frozen', 'only a draft can be changed');
    END IF;
    IF NEW.status = OLD.status THEN
        IF NEW.status_reason IS DISTINCT FROM OLD.status_reason THEN
            PERFORM skeleton_refuse('billing_order_frozen', 'the reason belongs to the change of status');
        END IF;
        IF pg_trigger_depth() = 1 AND NEW.unbilled_total <> OLD.unbilled_total THEN
            PERFORM skeleton_refuse('billing_order_unbilled_derived', 'what is not billed follows from the invoices');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT (CASE OLD.status
        WHEN 'draft' THEN NEW.status IN ('pending', 'confirmed', 'cancelled')
        WHEN 'pending' THEN NEW.status IN ('confirmed', 'cancelled')
        WHEN 'confirmed' THEN NEW.status IN ('shipped', 'cancelled')
        WHEN 'shipped' THEN NEW.status = 'delivered'
        ELSE false
    END) THEN
        PERFORM skeleton_refuse('billing_order_transition', OLD.status || ' cannot become ' || NEW.status);
    END IF;
    IF NEW.status = 'cancelled'
       AND EXISTS (SELECT FROM billing_invoice i
                   WHERE i.order_id = NEW.id AND i.status <> 'cancelled' AND NOT billing_is_credited(i)) THEN
        PERFORM skeleton_refuse('billing_order_cancelled_unbilled', 'an order that is invoiced cannot be cancelled');
    END IF;
    IF OLD.status = 'draft' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    NEW.unbilled_total := CASE NEW.status WHEN 'confirmed' THEN NEW.total WHEN 'cancelled' THEN 0
                                          ELSE OLD.unbilled_total END;
    RETURN NEW;
END $$;
