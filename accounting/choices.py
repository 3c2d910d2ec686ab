"""The enumerations of accounting."""

from enum import StrEnum

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AccountType(TextChoices):
    """Account types. Debits increase assets and expenses; credits increase the others."""

    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    EQUITY = "equity", _("Equity")
    REVENUE = "revenue", _("Revenue")
    EXPENSE = "expense", _("Expense")


DEBIT_NORMAL = (AccountType.ASSET, AccountType.EXPENSE)
"""The types whose balance is positive if debits exceed credits."""


class SourceType(TextChoices):
    """The origin of an entry: a user, or the document whose id the entry stores."""

    MANUAL = "manual", _("Manual")
    INVOICE = "invoice", _("Invoice")
    PAYMENT = "payment", _("Payment")
    REVERSAL = "reversal", _("Reversal")


class PeriodStatus(TextChoices):
    OPEN = "open", pgettext_lazy("period", "Open")
    CLOSED = "closed", pgettext_lazy("period", "Closed")


class Role(StrEnum):
    """The purposes for which other apps need an account. The settings assign the account."""

    BANK = "BANK"
    RECEIVABLE = "RECEIVABLE"
    TAX = "TAX"
    REVENUE = "REVENUE"

    @property
    def code(self) -> str:
        """Return the code of the account with this role."""
        found: str = settings.SKELETON_ACCOUNTS[self.value]
        return found
