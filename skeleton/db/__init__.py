"""Access to PostgreSQL: compiled queries, row counts, inserts, number series and connections."""
