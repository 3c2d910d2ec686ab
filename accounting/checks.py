"""System check of accounting: the books are kept in the days of one time zone."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from accounting.models import Entry
from skeleton.company.queries import kept_time_zone


@register(Tags.database)
def check_time_zone(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Check that the environment's time zone is that of the books. Until something is posted, it is adopted.

    Runs with `check --database default`, and when the server starts.
    """
    if "default" not in (databases or ()):
        return []
    try:
        kept, posted = kept_time_zone(), Entry.objects.exists()
    except DatabaseError:  # before the first migration, there are no books
        return []
    if not posted or kept == settings.SKELETON_TIME_ZONE:
        return []
    line = (
        f"SKELETON_TIME_ZONE is {settings.SKELETON_TIME_ZONE}, but the books are kept in the days of {kept}, which "
        f"cannot change: set SKELETON_TIME_ZONE={kept}."
    )
    return [Error(line, id="skeleton.E203")]
