"""The default chart of accounts of a new installation. Code 1010 is left free."""

from dataclasses import dataclass

from django.utils.translation import pgettext_lazy

from accounting.choices import AccountType, Role
from skeleton.kernel.translation import Text, in_source_language


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """An account to create. `label` is its name as pages show it, `parent` a code."""

    code: str
    label: Text
    type: AccountType
    parent: str | None = None

    @property
    def name(self) -> str:
        """Return the name that is stored."""
        return str(in_source_language(self.label))


def shown_name(code: str, name: str) -> Text:
    """Return an account's name for pages: translated as long as it is the one from the chart, else as written."""
    return next((seed.label for seed in chart_accounts() if seed.code == code and seed.name == name), name)


def chart_accounts() -> list[ChartAccount]:
    """Return the chart, parents first. Accounts with a role have the codes that the settings assign."""
    return [
        ChartAccount("1000", pgettext_lazy("account", "Assets"), AccountType.ASSET),
        ChartAccount(Role.CASH.code, pgettext_lazy("account", "Cash"), Role.CASH.type, "1000"),
        ChartAccount(Role.BANK.code, pgettext_lazy("account", "Bank"), Role.BANK.type, "1000"),
        ChartAccount(
            Role.RECEIVABLE.code, pgettext_lazy("account", "Accounts receivable"), Role.RECEIVABLE.type, "1000"
        ),
        ChartAccount("2000", pgettext_lazy("account", "Liabilities"), AccountType.LIABILITY),
        ChartAccount("2100", pgettext_lazy("account", "Accounts payable"), AccountType.LIABILITY, "2000"),
        ChartAccount(Role.TAX.code, pgettext_lazy("account", "Tax payable"), Role.TAX.type, "2000"),
        ChartAccount(Role.ADVANCES.code, pgettext_lazy("account", "Customer advances"), Role.ADVANCES.type, "2000"),
        ChartAccount("3000", pgettext_lazy("account", "Equity"), AccountType.EQUITY),
        ChartAccount(Role.OPENING.code, pgettext_lazy("account", "Opening capital"), Role.OPENING.type, "3000"),
        ChartAccount(
            Role.RETAINED_EARNINGS.code,
            pgettext_lazy("account", "Retained earnings"),
            Role.RETAINED_EARNINGS.type,
            "3000",
        ),
        ChartAccount(Role.REVENUE.code, pgettext_lazy("account", "Revenue"), Role.REVENUE.type),
        ChartAccount("5000", pgettext_lazy("account", "Expenses"), AccountType.EXPENSE),
        ChartAccount("5100", pgettext_lazy("account", "Cost of goods sold"), AccountType.EXPENSE, "5000"),
        ChartAccount("5200", pgettext_lazy("account", "Salaries"), AccountType.EXPENSE, "5000"),
        ChartAccount("5300", pgettext_lazy("account", "Rent"), AccountType.EXPENSE, "5000"),
        ChartAccount("5400", pgettext_lazy("account", "Bank charges"), AccountType.EXPENSE, "5000"),
        ChartAccount(Role.BAD_DEBT.code, pgettext_lazy("account", "Bad debt"), Role.BAD_DEBT.type, "5000"),
    ]
