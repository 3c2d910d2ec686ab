-- Every trigger function runs with the rights of the tables' owner, over a fixed search path: the application's role needs
-- no right of its own on what triggers write.

ALTER FUNCTION jobs_audit() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
