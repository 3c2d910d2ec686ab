"""A registry of checks of changes to the company's record, so that apps on higher floors can refuse a change.

They are called in the transaction of the change, while the record is locked.
"""

from collections.abc import Callable

from skeleton.company.models import Company
from skeleton.kernel.types import Values

Check = Callable[[Company, Values], None]
"""Raises a domain error unless the fields of the company may be changed to these values."""

_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Register `check` for all changes. Call this in a module that `AppConfig.ready()` imports."""
    _checks.append(check)
    return check


def require_allowed(company: Company, values: Values) -> None:
    """Call all checks."""
    for check in _checks:
        check(company, values)
