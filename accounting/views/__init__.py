"""The API of the books."""
