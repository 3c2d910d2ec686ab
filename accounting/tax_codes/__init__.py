"""The usual tax codes of a country, to begin with."""
