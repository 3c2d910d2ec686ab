"""A fake clock for demo data, so that not all of its documents are dated today.

Services take the time from `timezone.now()`. Inside `freeze_time_at(moment)` it returns `moment`, in the whole process.
So it is only for dedicated commands, and refuses to work while a request is served. PostgreSQL's clock is not affected:
the audit log, stock movements and status histories have the real time.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from skeleton.kernel.context import current_request

_REAL_DATETIME: Any = dt.datetime


@contextmanager
def freeze_time_at(moment: dt.datetime) -> Iterator[None]:
    """Set the clock to `moment` (with a time zone) in the block. Raises RuntimeError while a request is served."""
    if current_request.get() is not None:
        raise RuntimeError("the clock stays as it is while requests are served")

    class Standing(_REAL_DATETIME):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    # field defaults hold a reference to `timezone.now` itself, so replace the name that it looks up in its module
    module: Any = timezone
    before, module.datetime = module.datetime, Standing
    try:
        yield
    finally:
        module.datetime = before
