ALTER FUNCTION core_count_rows() SECURITY INVOKER RESET search_path;
DROP FUNCTION skeleton_context();
DROP FUNCTION skeleton_never();
DROP FUNCTION skeleton_refuse(text, text, text);
