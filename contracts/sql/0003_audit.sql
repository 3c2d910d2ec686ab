-- Versions and cycles are not audited: both are append-only and result from audited changes of the contract. The
-- validity period appears as start_date and end_date.
CREATE TRIGGER contracts_contract_audit AFTER INSERT OR UPDATE OR DELETE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION audit_row('contracts', '{validity_period}');
