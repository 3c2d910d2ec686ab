"""The API of accounting."""
