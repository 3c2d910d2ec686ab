"""Tables in and out: lists as CSV and XLSX, and files of either that change many records at once."""
