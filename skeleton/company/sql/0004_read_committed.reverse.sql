SELECT skeleton_allow_any_isolation('company_company');
