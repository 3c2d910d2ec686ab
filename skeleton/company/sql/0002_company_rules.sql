-- The logo is hidden from the log, which names the file that it comes from.
SELECT audit_attach('company_company', 'company', '{logo_id}');
SELECT audit_attach_children('company_bank_account', 'company', 'company_id', 'bank_accounts');

CREATE TRIGGER company_company_kept BEFORE DELETE OR TRUNCATE ON company_company
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('company_company_kept', 'the record of the company is never deleted');

-- Sent documents show logos of former times.
CREATE TRIGGER company_logo_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON company_logo
    FOR EACH STATEMENT
    EXECUTE FUNCTION skeleton_never('company_logo_append_only', 'logos are never changed or deleted');
