"""The jobs of billing, for the workers to know them."""

from billing.services.documents import issue_sent_invoice

__all__ = ["issue_sent_invoice"]
