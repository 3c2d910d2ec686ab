"""Number series without gaps or doubles: INV-2026-001, INV-2026-002, …

A number belongs to the transaction that takes it: one statement locks the series' row until commit, and a rollback
gives the number back. Take it as late as possible, and after every other lock.
"""

from django.db import connection

_TAKE = """
    INSERT INTO core_number_series AS s (name, last) VALUES (%s, 1)
    ON CONFLICT (name) DO UPDATE SET last = s.last + 1
    RETURNING last
"""


def take_number(prefix: str, year: int, *, digits: int) -> str:
    """The next number of the year's series, `<prefix>-<year>-<n>` with at least `digits` digits."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [f"{prefix}-{year}"])
        (last,) = cursor.fetchone()
    return f"{prefix}-{year}-{last:0{digits}d}"
