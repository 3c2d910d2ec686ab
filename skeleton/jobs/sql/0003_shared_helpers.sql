-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

ALTER FUNCTION jobs_audit() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
