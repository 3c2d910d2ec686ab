SELECT audit_detach('parties_party');
SELECT audit_attach('parties_party', '{kind}s', '{search_text,total_purchases}');
