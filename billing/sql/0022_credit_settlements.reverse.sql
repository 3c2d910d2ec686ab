DROP TRIGGER billing_order_billed ON billing_invoice;
CREATE TRIGGER billing_order_billed AFTER UPDATE OF status ON billing_invoice
    FOR EACH ROW WHEN (
        NEW.order_id IS NOT NULL AND (OLD.status IN ('sent', 'paid')) <> (NEW.status IN ('sent', 'paid'))
    ) EXECUTE FUNCTION billing_order_billed();
DROP TRIGGER billing_credit_note_in_books ON billing_credit_note;
DROP TRIGGER billing_credit_note_issued ON billing_credit_note;
DROP TRIGGER billing_credit_note_refunded ON billing_payment;
DROP TRIGGER billing_credit_note_refund_reversed ON billing_payment;
DROP TRIGGER billing_invoice_credited ON billing_invoice;

CREATE OR REPLACE FUNCTION billing_order_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
       AND EXISTS (SELECT FROM billing_invoice WHERE order_id = NEW.id AND status <> 'cancelled') THEN
        PERFORM skeleton_refuse('billing_order_cancelled_unbilled', 'an order that is invoiced cannot be cancelled');
    END IF;
    IF OLD.status = 'draft' THEN
        NEW.customer_name := (SELECT name FROM parties_party WHERE id = NEW.customer_id);
    END IF;
    NEW.unbilled_total := CASE NEW.status WHEN 'confirmed' THEN NEW.total WHEN 'cancelled' THEN 0
                                          ELSE OLD.unbilled_total END;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION billing_order_rest(ordered uuid, states text[])
 RETURNS TABLE(order_line_id uuid, line_position integer, quantity numeric, discount numeric)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT l.id, l.position, l.quantity - billed.quantity,
           least(greatest(l.discount - billed.discount, 0), round((l.quantity - billed.quantity) * l.unit_price))
    FROM billing_order_line l CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.quantity), 0) AS quantity, coalesce(sum(b.discount), 0) AS discount
        FROM billing_invoice_line b JOIN billing_invoice i ON i.id = b.invoice_id
        WHERE b.order_line_id = l.id AND i.status = ANY(states)
    ) AS billed
    WHERE l.order_id = ordered
$function$;

CREATE OR REPLACE FUNCTION billing_check_invoice_books(checked uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
    IF undone <> (invoice.status = 'cancelled') THEN
        PERFORM skeleton_refuse('billing_invoice_in_books',
                               'the entry of an invoice is reversed when the invoice is cancelled, and only then');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION billing_settle_invoice(settled uuid) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION billing_settlement_fault(made billing_settlement) RETURNS text LANGUAGE sql STABLE AS $$
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

CREATE OR REPLACE FUNCTION billing_settlement_apply() RETURNS trigger LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION billing_check_settlement_books(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
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

DROP FUNCTION billing_check_write_off_books(billing_settlement, text);
DROP FUNCTION billing_credit_note_in_books();
DROP FUNCTION billing_check_credit_note_books(uuid);
DROP FUNCTION billing_is_tax_left(billing_settlement);
DROP FUNCTION billing_credit_note_refunded();
DROP FUNCTION billing_settle_credit_note(uuid);
DROP FUNCTION billing_credit_note_issued();
DROP FUNCTION billing_own_credit(uuid);
DROP FUNCTION billing_invoice_credited();
