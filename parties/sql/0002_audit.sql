CREATE TRIGGER parties_country_audit AFTER INSERT OR UPDATE OR DELETE ON parties_country
    FOR EACH ROW EXECUTE FUNCTION audit_row('countries');
CREATE TRIGGER parties_party_audit AFTER INSERT OR UPDATE OR DELETE ON parties_party
    FOR EACH ROW EXECUTE FUNCTION audit_row('{kind}s', '{search_text,total_purchases}');
CREATE TRIGGER parties_address_audit_insert AFTER INSERT ON parties_address
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('{kind}s', 'party_id', 'addresses', 'parties_party');
CREATE TRIGGER parties_address_audit_update AFTER UPDATE ON parties_address
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('{kind}s', 'party_id', 'addresses', 'parties_party');
CREATE TRIGGER parties_address_audit_delete AFTER DELETE ON parties_address
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT
    EXECUTE FUNCTION audit_children('{kind}s', 'party_id', 'addresses', 'parties_party');
