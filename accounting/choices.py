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
    CREDIT_NOTE = "credit_note", _("Credit note")
    ALLOCATION = "allocation", _("Allocation")
    WRITE_OFF = "write_off", _("Write-off")
    REVERSAL = "reversal", _("Reversal")
    OPENING = "opening", pgettext_lazy("journal entry", "Opening")
    CLOSING = "closing", pgettext_lazy("journal entry", "Closing")


class Purpose(TextChoices):
    """The reasons for which a document or a settlement is posted, once each."""

    SEND = "send", pgettext_lazy("purpose of a transaction", "Sending")
    RECEIVE = "receive", pgettext_lazy("purpose of a transaction", "Receipt of payment")
    REFUND = "refund", pgettext_lazy("purpose of a transaction", "Refund")
    REVERSE = "reverse", pgettext_lazy("purpose of a transaction", "Reversal of a payment")
    ALLOCATE = "allocate", pgettext_lazy("purpose of a transaction", "Allocation")
    UNDO = "undo", pgettext_lazy("purpose of a transaction", "Undoing")
    WRITE_OFF = "write_off", pgettext_lazy("purpose of a transaction", "Write-off")


class EntryKind(TextChoices):
    """What an entry is to a year: its business, its opening balances, or its closing. A trigger derives it."""

    ORDINARY = "ordinary", pgettext_lazy("kind of journal entry", "Ordinary")
    OPENING = "opening", pgettext_lazy("kind of journal entry", "Opening")
    CLOSING = "closing", pgettext_lazy("kind of journal entry", "Closing")


class YearStatus(TextChoices):
    OPEN = "open", pgettext_lazy("fiscal year", "Open")
    CLOSED = "closed", pgettext_lazy("fiscal year", "Closed")


class TaxCategory(TextChoices):
    """The categories of VAT that EN 16931 knows (UN/ECE 5305)."""

    STANDARD = "S", pgettext_lazy("tax category", "Taxed")
    ZERO = "Z", pgettext_lazy("tax category", "Zero rate")
    EXEMPT = "E", pgettext_lazy("tax category", "Exempt")
    REVERSE_CHARGE = "AE", pgettext_lazy("tax category", "Reverse charge")
    INTRA_COMMUNITY = "K", pgettext_lazy("tax category", "Intra-Community supply")
    EXPORT = "G", pgettext_lazy("tax category", "Export")
    OUT_OF_SCOPE = "O", pgettext_lazy("tax category", "Not subject to tax")


EXEMPT = (
    TaxCategory.EXEMPT,
    TaxCategory.REVERSE_CHARGE,
    TaxCategory.INTRA_COMMUNITY,
    TaxCategory.EXPORT,
    TaxCategory.OUT_OF_SCOPE,
)
"""The categories whose documents say why no tax is charged."""


class PeriodStatus(TextChoices):
    OPEN = "open", pgettext_lazy("period", "Open")
    CLOSED = "closed", pgettext_lazy("period", "Closed")


class Role(StrEnum):
    """The purposes for which other apps need an account. The settings assign the account."""

    BANK = "BANK"
    CASH = "CASH"
    RECEIVABLE = "RECEIVABLE"
    TAX = "TAX"
    ADVANCES = "ADVANCES"
    REVENUE = "REVENUE"
    BAD_DEBT = "BAD_DEBT"
    OPENING = "OPENING"
    RETAINED_EARNINGS = "RETAINED_EARNINGS"

    @property
    def code(self) -> str:
        """Return the code of the account with this role."""
        found: str = settings.SKELETON_ACCOUNTS[self.value]
        return found

    @property
    def type(self) -> AccountType:
        """Return the type that the account with this role must have."""
        return _ROLE_TYPES[self]


_ROLE_TYPES = {
    Role.BANK: AccountType.ASSET,
    Role.CASH: AccountType.ASSET,
    Role.RECEIVABLE: AccountType.ASSET,
    Role.TAX: AccountType.LIABILITY,
    Role.ADVANCES: AccountType.LIABILITY,
    Role.REVENUE: AccountType.REVENUE,
    Role.BAD_DEBT: AccountType.EXPENSE,
    Role.OPENING: AccountType.EQUITY,
    Role.RETAINED_EARNINGS: AccountType.EQUITY,
}

RESULT_TYPES = (AccountType.REVENUE, AccountType.EXPENSE)
"""The types of the accounts that the closing of a year clears."""

TAX_TYPES = (AccountType.LIABILITY, AccountType.ASSET)
"""The types of the accounts that tax codes post to."""

PARTY_ACCOUNTS = (Role.RECEIVABLE, Role.ADVANCES)
"""The control accounts whose balances are those of customers. A line posted by hand names the customer."""

CONTROL_ACCOUNTS = (*PARTY_ACCOUNTS, Role.TAX)
"""The accounts that documents are compared with, as those of tax codes. Posting to them by hand must be intended."""
