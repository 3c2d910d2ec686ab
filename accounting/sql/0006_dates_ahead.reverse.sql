DROP TRIGGER accounting_entry_date_ahead ON accounting_entry;
DROP FUNCTION accounting_entry_date_ahead();
