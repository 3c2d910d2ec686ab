"""IBANs and BICs, checked offline: their form, length and check digits, not whether the account exists."""

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

GROUP = 4
"""The digits in each group of a printed IBAN."""


def parse_iban(text: str) -> str | None:
    """Return an IBAN in capitals without spaces, or None if it is not one."""
    try:
        return str(IBAN(text).compact)
    except SchwiftyException:
        return None


def parse_bic(text: str) -> str | None:
    """Return a BIC of 8 or 11 characters in capitals without spaces, or None if it is not one."""
    try:
        return str(BIC(text).compact)
    except SchwiftyException:
        return None


def format_iban(iban: str) -> str:
    """Return an IBAN in groups of four, as it is printed."""
    compact = iban.replace(" ", "")
    return " ".join(compact[start : start + GROUP] for start in range(0, len(compact), GROUP))
