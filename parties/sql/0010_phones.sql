-- The audit log leaves out what PostgreSQL makes of the phone.
SELECT audit_detach('parties_party');
SELECT audit_attach('parties_party', '{kind}s', '{phone_e164,search_text,total_purchases}');
