DROP TRIGGER company_logo_append_only ON company_logo;
DROP TRIGGER company_company_kept ON company_company;
SELECT audit_detach('company_bank_account');
SELECT audit_detach('company_company');
