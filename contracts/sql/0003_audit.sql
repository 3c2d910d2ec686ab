-- Versions and cycles are not audited by themselves: both only grow, and follow from changes of the contract that are.
-- The validity period shows as start_date and end_date.
CREATE TRIGGER contracts_contract_audit AFTER INSERT OR UPDATE OR DELETE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION audit_row('contracts', '{validity_period}');
