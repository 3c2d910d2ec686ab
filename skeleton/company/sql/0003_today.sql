-- company_today(): the current day of the company, for triggers that compare days with it. kernel.transactions sets it as
-- a parameter of the transaction. Only SQL from outside of the application lacks it: then it is the day in the company's
-- zone by PostgreSQL's clock, so that whoever bypasses the application does not bypass the rules.
CREATE FUNCTION company_today() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (skeleton_context()->>'today')::date,
        (clock_timestamp() AT TIME ZONE coalesce((SELECT time_zone FROM company_company), 'UTC'))::date)
$$;
