"""Notifications for tests, and access to the queue."""

import json
from types import MethodType
from typing import Any, cast

from django.db import connection, transaction
from procrastinate.contrib.django import app

from skeleton.identity.queries import recipients_of
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event
from skeleton.notifications.models import Notification
from skeleton.notifications.services import notify

VALUES: dict[Event, dict[str, Any]] = {
    Event.INVOICE_SENT: {
        "number": "INV-2026-001",
        "customer": "Acme Corp",
        "total": (155000, "USD"),
        "due_date": "2026-02-15",
    },
    Event.INVOICE_PAID: {"number": "INV-2026-001", "customer": "Acme Corp", "total": (155000, "USD")},
    Event.INVOICE_OVERDUE: {
        "number": "INV-2026-001",
        "customer": "Acme Corp",
        "due": (5000, "JPY"),
        "due_date": "2026-02-15",
    },
    Event.CREDIT_NOTE_SENT: {
        "number": "CN-2026-001",
        "customer": "Acme Corp",
        "total": (5000, "USD"),
        "invoice": "INV-2026-001",
    },
    Event.EMAIL_FAILED: {"number": "INV-2026-001", "to": "acme@example.com", "error": "550 No such user"},
    Event.ORDER_STATUS: {"number": "ORD-2026-000001", "customer": "Acme Corp", "status": "shipped"},
    Event.CONTRACT_EXPIRING: {
        "party": "Acme Corp",
        "contract_type": "lease",
        "end_date": "2026-12-31",
        "days": 30,
        "renews": "no",
    },
    Event.CONTRACT_EXPIRED: {"party": "Acme Corp", "contract_type": "supply", "end_date": "2026-12-31"},
    Event.CONTRACT_RENEWED: {"party": "Acme Corp", "contract_type": "service", "end_date": "2026-12-31"},
    Event.LOW_STOCK: {
        "item": "Bolt",
        "sku": "B-8",
        "warehouse": "Main",
        "available": "1234.500",
        "reorder_point": "2000.000",
    },
    Event.MESSAGE: {"sender": "Vera Viewer", "text": "Hello\nthere"},
    Event.ROLE_GRANTED: {"role": "viewer", "by": "Olha Owner"},
    Event.ROLE_REMOVED: {"role": "viewer", "by": "Olha Owner"},
    Event.ACCOUNT_ACTIVATED: {"by": "Olha Owner"},
    Event.ACCOUNT_DEACTIVATED: {"by": "Olha Owner"},
}
"""Example values for each event, as callers pass them."""


def tell(user: Any, event: Event = Event.MESSAGE, **values: Any) -> Notification:
    """Notify the user about the event."""
    with audited_transaction(SYSTEM, "test"):
        notify(event=event, recipients=recipients_of([user.pk]), values={**VALUES[event], **values})
    return Notification.objects.filter(user=user).latest("id")


def told(user: Any) -> list[str]:
    """Return the user's notifications, newest last."""
    return list(Notification.objects.filter(user=user).order_by("id").values_list("type", flat=True))


def queued(of: str = "skeleton.notifications.") -> list[tuple[int, str, dict[str, Any], Any]]:
    """Return the waiting jobs of a package (default: notifications): number, function, arguments and scheduled time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args, scheduled_at FROM procrastinate_jobs"
            " WHERE status = 'todo' AND task_name LIKE %s ORDER BY id",
            [f"{of}%"],
        )
        return [(number, name, json.loads(arguments), at) for number, name, arguments, at in cursor.fetchall()]


def work_off(of: str = "skeleton.notifications.") -> int:
    """Run the due jobs of a package, by default of notifications, like a worker. Return their number."""
    done = 0
    while due := [job for job in queued(of) if job[3] is None]:
        for number, name, arguments, _ in due:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [number])
            with transaction.atomic():
                job: Any = cast(MethodType, app.tasks[name].func).__self__
                job(**arguments)
            done += 1
    return done


def jump(number: int) -> None:
    """Make a scheduled job due."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE id = %s", [number])
