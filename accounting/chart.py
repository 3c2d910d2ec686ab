"""The default chart of accounts of a new installation. Code 1010 is left free."""

from dataclasses import dataclass

from accounting.choices import AccountType, Role


@dataclass(frozen=True, slots=True)
class Seed:
    """An account to create. `parent` is a code."""

    code: str
    name: str
    type: AccountType
    parent: str | None = None


def seeds() -> list[Seed]:
    """Return the chart, parents first. Accounts with a role have the codes that the settings assign."""
    return [
        Seed("1000", "Assets", AccountType.ASSET),
        Seed(Role.BANK.code, "Bank", AccountType.ASSET, "1000"),
        Seed(Role.RECEIVABLE.code, "Accounts receivable", AccountType.ASSET, "1000"),
        Seed("2000", "Liabilities", AccountType.LIABILITY),
        Seed("2100", "Accounts payable", AccountType.LIABILITY, "2000"),
        Seed(Role.TAX.code, "Tax payable", AccountType.LIABILITY, "2000"),
        Seed("3000", "Equity", AccountType.EQUITY),
        Seed("3100", "Opening capital", AccountType.EQUITY, "3000"),
        Seed("3200", "Retained earnings", AccountType.EQUITY, "3000"),
        Seed(Role.REVENUE.code, "Revenue", AccountType.REVENUE),
        Seed("5000", "Expenses", AccountType.EXPENSE),
        Seed("5100", "Cost of goods sold", AccountType.EXPENSE, "5000"),
        Seed("5200", "Salaries", AccountType.EXPENSE, "5000"),
        Seed("5300", "Rent", AccountType.EXPENSE, "5000"),
        Seed("5400", "Bank charges", AccountType.EXPENSE, "5000"),
    ]
