"""Billing in the back office: its screens and the receivables report."""

from billing.admin import credit_notes, invoices, orders, payments, reports

__all__ = ["credit_notes", "invoices", "orders", "payments", "reports"]
