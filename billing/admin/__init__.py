"""Billing in the back office: its screens and the receivables report."""

from billing.admin import invoices, orders, payments, reports

__all__ = ["invoices", "orders", "payments", "reports"]
