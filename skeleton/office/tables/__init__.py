"""Lists as tables for spreadsheets: their columns, and how a cell and a field of the API become each other."""
