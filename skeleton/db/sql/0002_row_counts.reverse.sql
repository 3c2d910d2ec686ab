DROP FUNCTION core_stop_counting(text);
DROP FUNCTION core_begin_counting(text, text);
DROP FUNCTION core_count_rows();
DROP FUNCTION core_fold_row_count(text);
