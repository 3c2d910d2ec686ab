DROP TRIGGER billing_invoice_line_order_stays ON billing_invoice_line;
DROP TRIGGER billing_invoice_line_bills_update ON billing_invoice_line;
DROP TRIGGER billing_invoice_line_bills_insert ON billing_invoice_line;
DROP FUNCTION billing_invoice_line_bills();
DROP TRIGGER billing_invoice_order_stays ON billing_invoice;
DROP TRIGGER billing_invoice_of_order ON billing_invoice;
DROP FUNCTION billing_invoice_of_order();
DROP TRIGGER billing_order_billed ON billing_invoice;
DROP FUNCTION billing_order_billed();
DROP FUNCTION billing_order_unbilled(uuid);
DROP FUNCTION billing_order_rest(uuid, text[]);
DROP TRIGGER billing_order_status_change_no_truncate ON billing_order_status_change;
DROP TRIGGER billing_order_status_change_append_only ON billing_order_status_change;
DROP TRIGGER billing_order_status_change_derived ON billing_order_status_change;
DROP TRIGGER billing_order_keep_status ON billing_order;
DROP FUNCTION billing_order_keep_status();
DROP TRIGGER billing_order_no_truncate ON billing_order;
DROP TRIGGER billing_order_permanent ON billing_order;
DROP TRIGGER billing_order_change ON billing_order;
DROP FUNCTION billing_order_change();
DROP TRIGGER billing_customer_of_orders_renamed ON parties_party;
DROP FUNCTION billing_customer_of_orders_renamed();
DROP TRIGGER billing_order_begin ON billing_order;
DROP FUNCTION billing_order_begin();
DROP TRIGGER billing_order_line_no_truncate ON billing_order_line;
DROP TRIGGER billing_order_line_delete ON billing_order_line;
DROP TRIGGER billing_order_line_update ON billing_order_line;
DROP TRIGGER billing_order_line_insert ON billing_order_line;
DROP FUNCTION billing_order_line_change();
DROP TRIGGER billing_order_totals ON billing_order;
DROP FUNCTION billing_order_totals();
DROP FUNCTION billing_check_order(uuid);
CREATE OR REPLACE FUNCTION billing_check_invoice(checked uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice billing_invoice;
    of_lines record;
BEGIN
    SELECT * INTO invoice FROM billing_invoice WHERE id = checked;
    SELECT coalesce(sum(base), 0) AS subtotal, coalesce(sum(tax), 0) AS tax_total, count(*) AS rates,
           coalesce(jsonb_agg(jsonb_build_object('rate', rate, 'base', base, 'tax', tax) ORDER BY rate), '[]') AS breakdown
    INTO of_lines
    FROM (SELECT tax_rate AS rate, sum(total) AS base, round(sum(total) * tax_rate * 0.01) AS tax
          FROM billing_invoice_line WHERE invoice_id = checked GROUP BY tax_rate) AS by_rate;
    IF (invoice.subtotal, invoice.tax_total, invoice.tax_breakdown)
       IS DISTINCT FROM (of_lines.subtotal, of_lines.tax_total, of_lines.breakdown) THEN
        PERFORM billing_refuse('billing_invoice_totals_of_lines', 'the totals are not those of the lines');
    END IF;
    IF invoice.status IN ('sent', 'paid') AND of_lines.rates = 0 THEN
        PERFORM billing_refuse('billing_invoice_sent_has_lines', 'an invoice without lines cannot be sent');
    END IF;
END $$;
DROP FUNCTION billing_totals_of(uuid);
DROP FUNCTION billing_tax(numeric, numeric);
ALTER TABLE billing_order DROP CONSTRAINT billing_order_shipping_address_form;
ALTER TABLE billing_order DROP CONSTRAINT billing_order_number_form;
