"""System checks of the settings for reminders."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

MAX_LEVELS = 9


@register("skeleton")
def check_reminders(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Check that the days of the reminders are usable."""
    days = settings.SKELETON_REMINDER_DAYS
    if 1 <= len(days) <= MAX_LEVELS and days == sorted(set(days)) and days[0] > 0:
        return []
    line = (
        f"SKELETON_REMINDER_DAYS must be 1 to {MAX_LEVELS} growing numbers of days after the due date, such as 7,21,35."
    )
    return [Error(line, id="skeleton.E400")]
