"""Accounting in the back office: its screens and report pages."""

from accounting.admin import books, reports, tax_codes, years

__all__ = ["books", "reports", "tax_codes", "years"]
