"""Lists as spreadsheet tables: columns, and the conversion between cells and API fields."""
