-- What was issued would be lost with its numbers.
DO $$ BEGIN
    IF EXISTS (SELECT FROM billing_credit_note WHERE status = 'sent') THEN
        RAISE EXCEPTION 'credit notes were sent: this migration cannot be taken back';
    END IF;
END $$;

SELECT audit_detach('billing_credit_note_line');
SELECT audit_detach('billing_credit_note');
DROP TRIGGER billing_customer_of_credit_notes_renamed ON parties_party;
DROP TRIGGER billing_credit_note_restocked ON billing_credit_note;
DROP TRIGGER billing_credit_note_line_no_truncate ON billing_credit_note_line;
DROP TRIGGER billing_credit_note_line_change ON billing_credit_note_line;
DROP TRIGGER billing_credit_note_no_truncate ON billing_credit_note;
DROP TRIGGER billing_credit_note_permanent ON billing_credit_note;
DROP TRIGGER billing_credit_note_change ON billing_credit_note;
DROP TRIGGER billing_credit_note_begin ON billing_credit_note;

CREATE OR REPLACE FUNCTION billing_document_of_sent()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM billing_invoice WHERE id = NEW.invoice_id AND sent_at IS NOT NULL;
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('billing_issued_document_of_sent', 'only what was sent is kept on paper');
    END IF;
    RETURN NEW;
END $function$;

DROP FUNCTION billing_credit_note_restocked();
DROP FUNCTION billing_returnable(uuid, uuid);
DROP FUNCTION billing_check_restock(uuid);
DROP FUNCTION billing_check_credit_note(billing_credit_note);
DROP FUNCTION billing_wrong_shares(uuid, uuid);
DROP FUNCTION billing_totals_of_credit_note(uuid, uuid);
DROP FUNCTION billing_credit_note_line_change();
DROP FUNCTION billing_credit_note_change();
DROP FUNCTION billing_customer_of_credit_notes_renamed();
DROP FUNCTION billing_credit_note_begin();
DROP FUNCTION billing_is_credited(billing_invoice);
DROP FUNCTION billing_share(numeric, numeric, numeric);
