"""The services of accounting."""

from accounting.services.accounts import create_account, seed_chart, update_account
from accounting.services.entries import (
    NewEntry,
    Posting,
    post_entries,
    post_entry,
    posting_of,
    reverse_document,
    reverse_entry,
)
from accounting.services.periods import close_period, create_period, reopen_period
from accounting.services.years import close_year, reopen_year

__all__ = [
    "NewEntry",
    "Posting",
    "close_period",
    "close_year",
    "create_account",
    "create_period",
    "post_entries",
    "post_entry",
    "posting_of",
    "reopen_period",
    "reopen_year",
    "reverse_document",
    "reverse_entry",
    "seed_chart",
    "update_account",
]
