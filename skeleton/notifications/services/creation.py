"""Creating notifications in the transaction of the event."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db import connection

from skeleton.db.inserts import insert_rows
from skeleton.identity.queries import Recipient
from skeleton.notifications.choices import EVENT_VALUES, Event
from skeleton.notifications.models import Notification
from skeleton.notifications.services.delivery import create_deliveries
from skeleton.notifications.texts import texts_for

_INSERT_KEY = """
    INSERT INTO notifications_occasion (event, key, created_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING
"""


def notify(
    *,
    event: Event,
    recipients: Iterable[Recipient],
    values: Mapping[str, Any],
    link: str | None = None,
    deduplication_key: str | None = None,
) -> None:
    """Notify `recipients` about `event`: immediately in the system, and by jobs over the channels they have enabled.

    Call this in the audited transaction, so that the notifications are committed or rolled back with the change.
    `values` are those that `EVENT_VALUES` lists for the event. `link` is the API path of the subject, such as
    `/api/v1/invoices/…`. With a `deduplication_key` (at most 100 characters), the event is notified only once for this
    key, even if transactions run concurrently.

    Find recipients with `queries.recipients_for` or `recipients_of(ids)`. Raises TypeError for other values.
    """
    if values.keys() != EVENT_VALUES[event]:
        raise TypeError(f"{event} comes with {', '.join(sorted(EVENT_VALUES[event]))}")
    if deduplication_key is not None and not _claim_key(event, deduplication_key):
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
    created = insert_rows(Notification, rows)
    if created:
        create_deliveries.enqueue(notification_ids=[str(row["id"]) for row in created])


def _claim_key(event: Event, key: str) -> bool:
    """Record the key of the event. Return False if it has been recorded before. Waits for a concurrent transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_KEY, [event.value, key])
        return bool(cursor.rowcount == 1)
