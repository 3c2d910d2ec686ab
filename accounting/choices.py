"""The fixed words of the books."""

from enum import StrEnum

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AccountType(TextChoices):
    """What an account stands for. Assets and expenses grow on the debit side, the others on the credit side."""

    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    EQUITY = "equity", _("Equity")
    REVENUE = "revenue", _("Revenue")
    EXPENSE = "expense", _("Expense")


DEBIT_NORMAL = (AccountType.ASSET, AccountType.EXPENSE)
"""The types whose balance is positive when debits outweigh credits."""


class SourceType(TextChoices):
    """What made an entry: somebody by hand, or the document whose id the entry keeps."""

    MANUAL = "manual", _("Manual")
    INVOICE = "invoice", _("Invoice")
    PAYMENT = "payment", _("Payment")
    REVERSAL = "reversal", _("Reversal")


class PeriodStatus(TextChoices):
    OPEN = "open", pgettext_lazy("period", "Open")
    CLOSED = "closed", pgettext_lazy("period", "Closed")


class Role(StrEnum):
    """What other apps need an account for; the installation's settings say which one it is."""

    BANK = "BANK"
    RECEIVABLE = "RECEIVABLE"
    TAX = "TAX"
    REVENUE = "REVENUE"

    @property
    def code(self) -> str:
        """The code of the account that plays this role."""
        found: str = settings.SKELETON_ACCOUNTS[self.value]
        return found
