"""The default chart of accounts of a new installation. Code 1010 is left free."""

from dataclasses import dataclass

from accounting.choices import AccountType, Role


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """An account to create. `parent` is a code."""

    code: str
    name: str
    type: AccountType
    parent: str | None = None


def chart_accounts() -> list[ChartAccount]:
    """Return the chart, parents first. Accounts with a role have the codes that the settings assign."""
    return [
        ChartAccount("1000", "Assets", AccountType.ASSET),
        ChartAccount(Role.BANK.code, "Bank", AccountType.ASSET, "1000"),
        ChartAccount(Role.RECEIVABLE.code, "Accounts receivable", AccountType.ASSET, "1000"),
        ChartAccount("2000", "Liabilities", AccountType.LIABILITY),
        ChartAccount("2100", "Accounts payable", AccountType.LIABILITY, "2000"),
        ChartAccount(Role.TAX.code, "Tax payable", AccountType.LIABILITY, "2000"),
        ChartAccount("3000", "Equity", AccountType.EQUITY),
        ChartAccount("3100", "Opening capital", AccountType.EQUITY, "3000"),
        ChartAccount("3200", "Retained earnings", AccountType.EQUITY, "3000"),
        ChartAccount(Role.REVENUE.code, "Revenue", AccountType.REVENUE),
        ChartAccount("5000", "Expenses", AccountType.EXPENSE),
        ChartAccount("5100", "Cost of goods sold", AccountType.EXPENSE, "5000"),
        ChartAccount("5200", "Salaries", AccountType.EXPENSE, "5000"),
        ChartAccount("5300", "Rent", AccountType.EXPENSE, "5000"),
        ChartAccount("5400", "Bank charges", AccountType.EXPENSE, "5000"),
    ]
