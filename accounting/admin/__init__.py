"""The books in the back office: their screens, and the pages of their reports."""

from accounting.admin import books, reports

__all__ = ["books", "reports"]
