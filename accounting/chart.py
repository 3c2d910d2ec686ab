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
        ChartAccount(Role.CASH.code, "Cash", Role.CASH.type, "1000"),
        ChartAccount(Role.BANK.code, "Bank", Role.BANK.type, "1000"),
        ChartAccount(Role.RECEIVABLE.code, "Accounts receivable", Role.RECEIVABLE.type, "1000"),
        ChartAccount("2000", "Liabilities", AccountType.LIABILITY),
        ChartAccount("2100", "Accounts payable", AccountType.LIABILITY, "2000"),
        ChartAccount(Role.TAX.code, "Tax payable", Role.TAX.type, "2000"),
        ChartAccount(Role.ADVANCES.code, "Customer advances", Role.ADVANCES.type, "2000"),
        ChartAccount("3000", "Equity", AccountType.EQUITY),
        ChartAccount(Role.OPENING.code, "Opening capital", Role.OPENING.type, "3000"),
        ChartAccount(Role.RETAINED_EARNINGS.code, "Retained earnings", Role.RETAINED_EARNINGS.type, "3000"),
        ChartAccount(Role.REVENUE.code, "Revenue", Role.REVENUE.type),
        ChartAccount("5000", "Expenses", AccountType.EXPENSE),
        ChartAccount("5100", "Cost of goods sold", AccountType.EXPENSE, "5000"),
        ChartAccount("5200", "Salaries", AccountType.EXPENSE, "5000"),
        ChartAccount("5300", "Rent", AccountType.EXPENSE, "5000"),
        ChartAccount("5400", "Bank charges", AccountType.EXPENSE, "5000"),
        ChartAccount(Role.BAD_DEBT.code, "Bad debt", Role.BAD_DEBT.type, "5000"),
    ]
