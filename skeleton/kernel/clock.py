"""Another present: for demo data, whose documents should not all be of today.

Services take the time of day from `timezone.now()`. Inside `at(moment)` that is `moment`, in this whole process: so it
is for a command that does nothing else, and refuses to be used while a request is served. PostgreSQL's own clock is not
touched: the audit log, movements of stock and the history of states say when they were really written.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from skeleton.kernel.context import current_request

_REAL: Any = dt.datetime


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Have it be `moment` (with a zone) for the code inside. Raises RuntimeError while a request is served."""
    if current_request.get() is not None:
        raise RuntimeError("the clock stays as it is while requests are served")

    class Standing(_REAL):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    # `timezone.now` itself is held by the defaults of fields; what it asks is this name of its module
    module: Any = timezone
    before, module.datetime = module.datetime, Standing
    try:
        yield
    finally:
        module.datetime = before
