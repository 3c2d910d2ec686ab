CREATE TRIGGER contracts_contract_signed_at_ahead BEFORE UPDATE OF signed_at ON contracts_contract
    FOR EACH ROW WHEN (NEW.signed_at IS DISTINCT FROM OLD.signed_at
                       AND NEW.signed_at > clock_timestamp() + interval '5 minutes')
    EXECUTE FUNCTION contracts_never('contracts_contract_signed_at_ahead', 'a contract is not signed in the future');
