"""What a check finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from billing.e_invoices.document import Document
from billing.e_invoices.profiles import Profile
from skeleton.kernel.translation import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a document breaks, so that its receiver would refuse it.

    `rule` is its name in the standard, `term` the business term or group, `field` where a user changes it: of the
    document, or of the `company` or the `customer`.
    """

    rule: str
    term: str
    field: str
    message: Text


Rules = Callable[[Document, Profile], Iterator[Finding]]
"""A group of rules: yields what a document breaks."""
