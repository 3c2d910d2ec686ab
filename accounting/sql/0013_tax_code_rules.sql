SELECT audit_attach('accounting_tax_code', 'accounting');

-- What has a tax code has its rate: foreign keys refer to both columns.
ALTER TABLE accounting_tax_code ADD CONSTRAINT accounting_tax_code_id_rate UNIQUE (id, rate);
