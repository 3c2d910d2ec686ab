"""Our own checks: what keeps a document from being accepted, before it is sent.

They say what the official rules (`official`) would say of a document that our writers write, in microseconds and in
words for people. The tests compare the two on random documents, right ones and wrong ones.
"""

from billing.e_invoices.document import Document
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules.findings import Finding, Rules
from billing.e_invoices.rules.lines import line_rules
from billing.e_invoices.rules.parties import buyer_rules, delivery_rules, payment_rules, seller_rules
from billing.e_invoices.rules.required import required_rules
from billing.e_invoices.rules.taxes import category_rules, tax_rules
from billing.e_invoices.rules.totals import total_rules

__all__ = ["Finding", "check"]

_RULES: tuple[Rules, ...] = (
    required_rules,
    seller_rules,
    buyer_rules,
    delivery_rules,
    payment_rules,
    line_rules,
    category_rules,
    tax_rules,
    total_rules,
)


def check(document: Document, profile: Profile) -> list[Finding]:
    """Return what keeps the document from being accepted as `profile`. Empty if nothing does."""
    return [finding for rules in _RULES for finding in rules(document, profile)]
