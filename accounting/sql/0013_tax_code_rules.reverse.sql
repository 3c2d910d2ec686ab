ALTER TABLE accounting_tax_code DROP CONSTRAINT accounting_tax_code_id_rate;
SELECT audit_detach('accounting_tax_code');
