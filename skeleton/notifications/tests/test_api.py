"""Notifications over the API: only the user's own, marked as read once, with the unread count."""

import pytest
from django.db import DatabaseError, connection, transaction

from skeleton.identity.tests.factories import UserFactory, actor_of, client_of
from skeleton.notifications.models import Notification
from skeleton.notifications.services.reading import mark_all_read, mark_read
from skeleton.notifications.tests.factories import tell
from skeleton.notifications.views import NotificationViewSet
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.races import run_in_threads
from skeleton.testkit.reading import check_reads
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db


def test_the_list_as_the_api_reference_asks_for_it(outsider):
    first, second, third = (tell(outsider.user, text=f"number {n}") for n in range(3))
    outsider.patch(f"/notifications/{second.pk}/read").ok()
    page = outsider.get("/notifications", unread_only="true").ok()
    assert [item["id"] for item in page["items"]] == [str(third.pk), str(first.pk)]
    assert (page["total"], page["unread_count"], page["has_more"]) == (2, 2, False)
    everything = outsider.get("/notifications", unread_only="false", limit=2).ok()
    assert (everything["total"], everything["unread_count"], everything["has_more"]) == (3, 2, True)
    assert len(outsider.get("/notifications", page=2, limit=2).ok()["items"]) == 1
    by_cursor = outsider.get("/notifications", cursor="", limit=2, unread_only="true").ok()
    assert (len(by_cursor["items"]), by_cursor["unread_count"]) == (2, 2)


def test_one_of_them(outsider):
    row = tell(outsider.user)
    assert outsider.get(f"/notifications/{row.pk}").ok() == {
        "id": str(row.pk),
        "type": "message.received",
        "title": "A message from Vera Viewer",
        "body": "Hello there",
        "link": None,
        "read_at": None,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
    }


def test_what_is_anothers_does_not_exist(outsider, owner):
    row = tell(outsider.user)
    owner.get(f"/notifications/{row.pk}").refused(404)
    owner.patch(f"/notifications/{row.pk}/read").refused(404)
    page = owner.get("/notifications").ok()
    assert (page["items"], page["total"], page["unread_count"]) == ([], 0, 0)
    assert owner.post("/notifications/read-all").ok() == {"updated": 0, "unread_count": 0}
    row.refresh_from_db()
    assert row.read_at is None


@pytest.mark.parametrize("pk", ["1", "nonsense", "01972b15-8000-7000-8000-0000000000c1"])
def test_what_does_not_exist(outsider, pk):
    outsider.get(f"/notifications/{pk}").refused(404)
    outsider.patch(f"/notifications/{pk}/read").refused(404)


def test_what_was_read_stays_read_since_the_first_time(outsider):
    row = tell(outsider.user)
    first = outsider.patch(f"/notifications/{row.pk}/read").ok()
    assert first["read_at"]
    assert outsider.patch(f"/notifications/{row.pk}/read").ok() == first
    assert outsider.get("/notifications").ok()["unread_count"] == 0


def test_all_at_once(outsider):
    old, *_ = (tell(outsider.user) for _ in range(3))
    read = outsider.patch(f"/notifications/{old.pk}/read").ok()
    assert outsider.post("/notifications/read-all").ok() == {"updated": 2, "unread_count": 0}
    assert outsider.get(f"/notifications/{old.pk}").ok() == read
    assert outsider.post("/notifications/read-all").ok() == {"updated": 0, "unread_count": 0}


WRONG = [
    ("unread_only", "yes"),
    ("unread_only", "1"),
    ("page", "0"),
    ("limit", "x"),
    ("sort_by", "title"),
    ("cursor", "nonsense"),
    ("type", "invoice.sent"),
]


@pytest.mark.parametrize("name, value", WRONG)
def test_wrong_parameters(outsider, name, value):
    outsider.get("/notifications", **{name: value}).refused(400, name)


@pytest.mark.django_db(transaction=True)
def test_marks_at_the_same_moment():
    """Concurrent single marks and read-all: each is marked once, without deadlocks."""
    user = UserFactory.create()
    actor = actor_of(user)
    rows = [tell(user) for _ in range(40)]

    def mark(number):
        if number % 2:
            return mark_all_read(actor=actor)
        for row in rows if number % 4 else reversed(rows):
            mark_read(notification_id=row.pk, actor=actor)
        return 0

    run_in_threads(6, mark)
    assert not Notification.objects.filter(user=user, read_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_who_read_all_each_is_counted_once():
    user = UserFactory.create()
    for _ in range(20):
        tell(user)
    counts = run_in_threads(5, lambda number: mark_all_read(actor=actor_of(user)))
    assert sum(counts) == 20


def test_a_title_is_always_there(outsider):
    row = tell(outsider.user)
    with pytest.raises(DatabaseError, match="notifications_notification_title_present"), transaction.atomic():
        Notification.objects.filter(pk=row.pk).update(title="")


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_query_counts(outsider):
    rows = [tell(outsider.user) for _ in range(5)]
    check_query_counts("skeleton.notifications", outsider, {"/notifications/{id}": f"/notifications/{rows[0].pk}"})


def test_compiled_reads(outsider):
    rows = [tell(outsider.user, text=f"{n}") for n in range(6)]
    tell(UserFactory.create())
    mark_read(notification_id=rows[1].pk, actor=actor_of(outsider.user))
    check_reads(NotificationViewSet, actor_of(outsider.user))


def test_the_unread_are_found_and_counted_by_an_index(outsider, owner):
    """Among 20,000 read notifications of the user, and as many of others."""
    row = tell(outsider.user)
    other = tell(owner.user)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_notification (id, user_id, type, title, body, values, read_at, created_at)"
            " SELECT skeleton_uuid7(), user_id, type, title, body, values, now(), now()"
            " FROM notifications_notification, generate_series(1, 20000) WHERE id IN (%s, %s)",
            [row.pk, other.pk],
        )
        with as_owner():
            cursor.execute("ANALYZE notifications_notification")
    own = Notification.objects.filter(user=outsider.user)
    for rows, index in (
        (own.filter(read_at=None).order_by("-pk")[:21], "notifications_unread"),
        (own.order_by("-pk")[:21], "notifications_notification_own"),
    ):
        plan = rows.explain()
        assert index in plan
        assert "Seq Scan" not in plan
    assert outsider.get("/notifications").ok()["unread_count"] == 1
    assert client_of(outsider.user).get("/notifications", unread_only="true").ok()["total"] == 1
