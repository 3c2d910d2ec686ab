"""Business settings: currency, time zone, first values of the company, accounts for postings and retention periods."""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skeleton.settings.environment import env, fail, reading

with reading():
    SKELETON_CURRENCY = env.str("SKELETON_CURRENCY", "USD")
    SKELETON_TIME_ZONE = env.str("SKELETON_TIME_ZONE", "") or "UTC"
    SKELETON_EVENT_DAYS = env.int("SKELETON_EVENT_DAYS", 90)
    SKELETON_NOTIFICATION_DAYS = env.int("SKELETON_NOTIFICATION_DAYS", 365)
    SKELETON_FONTS = env.str("SKELETON_FONTS", "")
    SKELETON_COMPANY: dict[str, Any] = {
        # the first values of the company's record
        "name": env.str("SKELETON_COMPANY_NAME", "Skeleton"),
        "address": [
            line.strip() for line in re.split(r"[|\n]", env.str("SKELETON_COMPANY_ADDRESS", "")) if line.strip()
        ],
        **{
            name: env.str(f"SKELETON_COMPANY_{name.upper()}", "")
            for name in ("tax_id", "registration", "email", "phone", "website", "iban", "bic", "bank")
        },
    }
    SKELETON_ACCOUNTS = {
        # the codes of the accounts to which other apps post
        "BANK": env.str("SKELETON_ACCOUNT_BANK", "1200"),
        "CASH": env.str("SKELETON_ACCOUNT_CASH", "1100"),
        "RECEIVABLE": env.str("SKELETON_ACCOUNT_RECEIVABLE", "1300"),
        "TAX": env.str("SKELETON_ACCOUNT_TAX", "2200"),
        "ADVANCES": env.str("SKELETON_ACCOUNT_ADVANCES", "2300"),
        "REVENUE": env.str("SKELETON_ACCOUNT_REVENUE", "4000"),
        "BAD_DEBT": env.str("SKELETON_ACCOUNT_BAD_DEBT", "5500"),
        "OPENING": env.str("SKELETON_ACCOUNT_OPENING", "3100"),
        "RETAINED_EARNINGS": env.str("SKELETON_ACCOUNT_RETAINED_EARNINGS", "3200"),
    }
    SKELETON_REMINDERS = env.bool("SKELETON_REMINDERS", default=False)
    SKELETON_REMINDER_DAYS = env.list("SKELETON_REMINDER_DAYS", [7, 21, 35], subcast=int)
    SKELETON_WRITE_OFF_CORRECTS_TAX = env.bool("SKELETON_WRITE_OFF_CORRECTS_TAX", default=False)

try:
    ZoneInfo(SKELETON_TIME_ZONE)
except (ZoneInfoNotFoundError, ValueError, OSError):
    raise fail("SKELETON_TIME_ZONE must be a time zone of the IANA database, such as Europe/Kyiv.") from None

SKELETON_SEEDS = ("seed_roles", "seed_countries", "seed_accounts", "seed_admin", "seed_company")
"""Commands that `serve` runs at every start. They are idempotent."""
