DROP FUNCTION skeleton_e164(text);
DROP FUNCTION skeleton_detach_key(text);
DROP FUNCTION skeleton_attach_key(text, text, text);
DROP FUNCTION skeleton_key();
DROP FUNCTION skeleton_patterns(text, integer);
DROP FUNCTION skeleton_search_text(text, text, integer);
DROP FUNCTION skeleton_names(jsonb);
DROP FUNCTION skeleton_compact(text);
DROP FUNCTION skeleton_fold(text, integer);
