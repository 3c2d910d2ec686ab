"""Creating notifications in the transaction of the event."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from skeleton.db.inserts import insert_rows
from skeleton.identity.models import User
from skeleton.notifications.choices import VALUES, Event
from skeleton.notifications.models import Notification
from skeleton.notifications.services.delivery import deliver
from skeleton.notifications.texts import texts_in

_ONCE = """
    INSERT INTO notifications_occasion (event, key, created_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING
"""


def notify(
    *,
    event: Event,
    recipients: Iterable[UUID],
    values: Mapping[str, Any],
    link: str | None = None,
    once: str | None = None,
) -> None:
    """Notify `recipients` (ids of users) of `event`: at once in the system, and by job on their enabled channels.

    Call it inside the transaction of the event, so that notifications are rolled back or committed with it. `values`
    must be exactly those of `VALUES` for the event. `link` is the API path of the object (`/api/v1/invoices/…`). With
    `once`, a deduplication key of at most 100 characters, the event is notified only once for this key, even if
    several transactions try at the same time.

    `queries.concerned` returns the recipients. Raises TypeError for other values than the event's.
    """
    if values.keys() != VALUES[event]:
        raise TypeError(f"{event} comes with {', '.join(sorted(VALUES[event]))}")
    if once is not None and not _is_first(event, once):
        return
    plain = orjson.loads(orjson.dumps(values, default=str))
    languages = User.objects.filter(pk__in=set(recipients)).order_by("pk").values_list("pk", "language")
    rows = [
        {
            "user_id": user_id,
            "type": event.value,
            "title": texts_in(language).line(event, "title", plain),
            "body": texts_in(language).line(event, "body", plain),
            "link": link,
            "values": plain,
        }
        for user_id, language in languages
    ]
    told = insert_rows(Notification, rows)
    if told:
        deliver.enqueue(notification_ids=[str(row["id"]) for row in told])


def _is_first(event: Event, key: str) -> bool:
    """Record the event as notified for this key. Return False if it was before. Waits for a concurrent transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_ONCE, [event.value, key])
        return bool(cursor.rowcount == 1)
