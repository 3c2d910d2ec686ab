DROP FUNCTION skeleton_allow_any_isolation(text[]);
DROP FUNCTION skeleton_require_read_committed(text[]);
DROP FUNCTION skeleton_read_committed();
