"""Billing in the back office: its screens, the receivables report and the statement of account."""

from billing.admin import credit_notes, emails, invoices, opening, orders, payments, reports, statements

__all__ = ["credit_notes", "emails", "invoices", "opening", "orders", "payments", "reports", "statements"]
