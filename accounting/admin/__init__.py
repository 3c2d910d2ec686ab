"""Accounting in the back office: its screens and report pages."""

from accounting.admin import books, reports

__all__ = ["books", "reports"]
