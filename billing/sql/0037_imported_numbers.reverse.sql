CREATE OR REPLACE FUNCTION billing_invoice_begin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    customer record;
BEGIN
    IF NEW.status <> 'draft' THEN
        PERFORM skeleton_refuse('billing_invoice_begins_as_draft', 'an invoice begins as a draft');
    END IF;
    IF NEW.origin = 'created' AND split_part(NEW.number, '-', 2) <> lpad(extract(year FROM NEW.issue_date)::text, 4, '0') THEN
        PERFORM skeleton_refuse('billing_invoice_number_form', 'the number begins with the year of the issue date');
    END IF;
    SELECT kind, status, name INTO customer FROM parties_party WHERE id = NEW.customer_id FOR KEY SHARE;
    IF FOUND THEN
        IF customer.kind <> 'customer' THEN
            PERFORM skeleton_refuse('billing_invoice_customer_kind', 'only a customer can be invoiced');
        ELSIF customer.status <> 'active' AND NEW.origin = 'created' THEN
            PERFORM skeleton_refuse('billing_invoice_customer_usable', 'the customer is ' || customer.status);
        END IF;
        NEW.customer_name := customer.name;
    END IF;
    RETURN NEW;
END $$;
