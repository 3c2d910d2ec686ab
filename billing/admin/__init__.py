"""Billing in the back office: its screens and the receivables report."""

from billing.admin import invoices, orders, reports

__all__ = ["invoices", "orders", "reports"]
