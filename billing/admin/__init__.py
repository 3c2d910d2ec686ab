"""Billing in the back office: its screens and the receivables report."""

from billing.admin import credit_notes, invoices, orders, reports

__all__ = ["credit_notes", "invoices", "orders", "reports"]
