"""Creating notifications in the transaction of the event."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db import connection

from skeleton.db.inserts import insert_rows
from skeleton.identity.queries import Recipient
from skeleton.notifications.choices import VALUES, Event
from skeleton.notifications.models import Notification
from skeleton.notifications.services.delivery import deliver
from skeleton.notifications.texts import texts_for

_ONCE = """
    INSERT INTO notifications_occasion (event, key, created_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING
"""


def notify(
    *,
    event: Event,
    recipients: Iterable[Recipient],
    values: Mapping[str, Any],
    link: str | None = None,
    once: str | None = None,
) -> None:
    """Notify `recipients` about `event`: immediately in the system, and by jobs over the channels they have enabled.

    Call this in the audited transaction, so that the notifications are committed or rolled back with the change.
    `values` are those that `VALUES` lists for the event. `link` is the API path of the subject (`/api/v1/invoices/…`).
    `once`, a key of at most 100 characters, limits the event to one notification for that key, even with concurrency.

    Find recipients with `queries.concerned` or `recipients_of(ids)`. Raises TypeError for other values.
    """
    if values.keys() != VALUES[event]:
        raise TypeError(f"{event} comes with {', '.join(sorted(VALUES[event]))}")
    if once is not None and not _is_first(event, once):
        return
    plain = orjson.loads(orjson.dumps(values, default=str))
    rows = [
        {
            "user_id": user_id,
            "type": event.value,
            "title": texts_for(language).line(event, "title", plain),
            "body": texts_for(language).line(event, "body", plain),
            "link": link,
            "values": plain,
        }
        for user_id, language in recipients
    ]
    told = insert_rows(Notification, rows)
    if told:
        deliver.enqueue(notification_ids=[str(row["id"]) for row in told])


def _is_first(event: Event, key: str) -> bool:
    """Record the event as notified for this key. Return False if it was before. Waits for a concurrent transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_ONCE, [event.value, key])
        return bool(cursor.rowcount == 1)
