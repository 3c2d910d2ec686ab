"""Billing in the back office: its screens, and the page of what is owed."""

from billing.admin import invoices, orders, reports

__all__ = ["invoices", "orders", "reports"]
