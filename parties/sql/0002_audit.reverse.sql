DROP TRIGGER parties_country_audit ON parties_country;
DROP TRIGGER parties_party_audit ON parties_party;
DROP TRIGGER parties_address_audit_insert ON parties_address;
DROP TRIGGER parties_address_audit_update ON parties_address;
DROP TRIGGER parties_address_audit_delete ON parties_address;
