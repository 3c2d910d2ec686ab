"""The API of the event log: pages, filters, and who sees which events."""

from uuid import UUID

import pytest

from parties.tests.factories import CountryFactory
from skeleton.events import kinds, log
from skeleton.events.models import Event
from skeleton.files.tests.factories import upload
from skeleton.identity.permissions import ACTIONS, ALL_PERMISSIONS
from skeleton.identity.tests.factories import client_of, user_in_role, user_with
from skeleton.kernel.ids import uuid7
from skeleton.notifications.models import Notification
from skeleton.testkit.samples import sample
from tests.writes import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def epoch():
    log.begin_epoch()


def read_all(client, **query):
    """Read page by page, as a program does, and return all events."""
    log.append_all()
    found, after = [], None
    while True:
        page = client.get("/events", **query, **({} if after is None else {"after": after})).ok()
        found += page["items"]
        after = page["next_after"]
        if not page["has_more"]:
            assert after == page["newest"]
            return found


def test_an_event_says_what_happened_to_what_and_by_whom(owner):
    pk = CountryFactory.create().pk
    log.append_all()
    reply = owner.patch(f"/countries/{pk}", {"region": "Europe"})
    assert reply.status == 200
    _created, changed = read_all(owner, resource_id=str(pk))
    assert changed == {
        "position": log.log_state().newest,
        "id": changed["id"],
        "type": "country.updated",
        "resource": "countries",
        "resource_id": str(pk),
        "actor_id": str(owner.user.pk),
        "api_key_id": None,
        "request_id": reply.headers["X-Request-ID"],
        "created_at": changed["created_at"],
        "changes": ["region"],
    }


def test_a_change_of_status_names_the_event(owner):
    world = World.begin()
    invoice = world.invoice()
    log.append_all()
    for path, body in (
        ("send", None),
        ("payments", {"amount": 100, "method": "card"}),
        ("payments", {"amount": 900, "method": "card"}),
    ):
        world.chief.post(f"/invoices/{invoice['id']}/{path}", body)
        log.append_all()
    types = [event["type"] for event in read_all(owner, resource_id=invoice["id"])]
    assert types == ["invoice.created", "invoice.sent", "invoice.updated", "invoice.paid"]
    assert {event["type"] for event in read_all(owner, types="payment.*,invoice.paid")} == {
        "payment.created",
        "payment.updated",
        "invoice.paid",
    } & {event["type"] for event in read_all(owner)}


def test_a_payment_has_an_event_when_what_it_settles_changes(owner):
    world = World.begin()
    invoice = world.invoice("send")
    body = {"customer_id": invoice["customer_id"], "amount": 500, "currency": invoice["currency"], "method": "card"}
    payment = world.chief.post("/payments", body).ok(201)["id"]
    log.append_all()
    allocation = {"invoice_id": invoice["id"], "amount": 300}
    world.chief.post(f"/payments/{payment}/allocate", allocation).ok()
    log.append_all()
    world.chief.post(f"/payments/{payment}/refund", {"amount": 200, "method": "card"}).ok(201)
    events = read_all(owner, resource_id=payment)
    assert [event["type"] for event in events] == ["payment.created", "payment.updated", "payment.updated"]
    assert [event["changes"] for event in events[1:]] == [["allocated"], ["refunded"]]


def test_a_resource_that_does_not_exist_is_refused(owner):
    assert "customers" in owner.get("/events", resource="customer").refused(400)["details"]["resource"]


def test_each_type_selects_exactly_its_events(owner):
    world = World.begin()
    everything(world)
    events = read_all(owner)
    there = {event["type"] for event in events}
    assert there <= set(kinds.event_types())
    for name in sorted(there):
        expected = [event["id"] for event in events if event["type"] == name]
        assert [event["id"] for event in read_all(owner, types=name)] == expected, name
    assert read_all(owner, types="*") == events
    invoices = [event for event in events if event["type"].startswith("invoice.")]
    assert read_all(owner, types="invoice.*") == invoices
    assert read_all(owner, resource="countries") == [event for event in events if event["resource"] == "countries"]


def test_pages_go_on_where_the_last_one_ended(owner):
    CountryFactory.create_batch(5)
    everything = read_all(owner)
    assert [event["position"] for event in everything] == sorted(event["position"] for event in everything)
    assert read_all(owner, limit=2) == everything


def test_a_reader_of_few_events_gets_pages_without_any(owner, outsider, monkeypatch):
    monkeypatch.setattr("skeleton.events.queries.SCANNED", 3)
    CountryFactory.create_batch(10)
    log.append_all()
    page = outsider.get("/events").ok()
    assert (page["items"], page["has_more"]) == ([], True)
    assert page["next_after"] == log.log_state().start + 3
    assert len(read_all(owner)) >= 10


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"types": "invoice.smashed"}, "types"),
        ({"types": "nothing.*"}, "types"),
        ({"after": "x"}, "after"),
        ({"after": "-1"}, "after"),
        ({"limit": "0"}, "limit"),
        ({"resource_id": "7"}, "resource_id"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_wrong_parameter_is_refused(owner, query, field):
    owner.get("/events", **query).refused(400, field)


def test_positions_that_are_not_covered_are_gone(owner):
    CountryFactory.create()
    log.append_all()
    position = log.log_state().newest
    owner.get("/events", after=position).ok()
    for wrong in (0, position + 1):
        assert owner.get("/events", after=wrong).refused(410)["error"] == "gone"
    log.begin_epoch()
    owner.get("/events", after=position).refused(410)


def test_reading_takes_a_fixed_number_of_statements(owner, django_assert_num_queries):
    CountryFactory.create_batch(8)
    log.append_all()
    with django_assert_num_queries(3):  # the session, the state of the log, the events; the snapshot is the test's
        assert len(owner.get("/events").ok()["items"]) >= 8


# --- who sees what ----------------------------------------------------------------------------------------------------


def everything(world):
    """Create at least one object of each kind, with changes."""
    for kind in ("customers", "suppliers", "partners", "employees"):
        world.party_that_is(kind, "deactivate")
    world.credit_on_account()
    world.allocated()
    world.email()
    world.order("confirmed")
    world.contract("submit", "approve")
    world.closed_period()
    world.transaction()
    world.tax_code()
    world.category()
    world.reservation()
    world.role()
    world.message()
    world.file()
    world.chief.delete(f"/files/{world.file()}")
    world.chief.put("/company", {"street": "1 Main St"}).ok()
    world.chief.put("/notifications/preferences", {"quiet_hours_start": "22:00"}).ok()
    world.create("/countries", {"code": "QX", "name": {"en": "Nowhere"}})


def callers():
    """Users in every role, and with each single permission: in an ordinary run, those to read."""
    yield from (user_in_role(role) for role in ("super_admin", "admin", "viewer"))
    yield user_with()
    for resource, actions in ACTIONS.items():
        yield from (user_with(f"{resource}:{action}") for action in (*sample(["read"], *actions[1:]), "*"))
    yield user_with(ALL_PERMISSIONS)


def test_one_sees_the_events_of_exactly_what_one_may_read():
    world = World.begin()
    everything(world)
    someone = user_with("files:read", "files:write", "messenger:read", "messenger:write")
    upload(client_of(someone))
    log.append_all()
    paths = {(source, kind.resource): kind for kind in kinds.all_kinds() for source in (kind.source, *kind.parts)}
    found: dict[str, list[UUID]] = {}
    for event in Event.objects.exclude(verb="deleted").order_by("position"):
        kind = paths[event.source, event.resource]
        if kind.path:
            found.setdefault(kind.path, []).append(event.resource_id)
    objects = {(path.format(id=pk), pk) for path, pks in found.items() for pk in sample([pks[-1]], pks[0])}
    assert set(found) == {kind.path for kind in kinds.all_kinds() if kind.path}
    wrong = []
    for user in (*callers(), someone, world.chief.user):
        client = client_of(user)
        seen = {event["resource_id"] for event in read_all(client)}
        for path, pk in objects:
            status = client.get(path).status
            if path == "/notifications/preferences":
                status = 200 if user == world.chief.user else 404
            if (status == 200) != (str(pk) in seen):
                wrong.append((user.email, path, status))
    assert not wrong


def test_only_members_see_the_events_of_a_conversation(owner):
    world = World.begin()
    path = world.message()
    _, _, conversation_id, _, message_id = path.split("/")
    member = client_of(user_with("messenger:*"))
    for pk in (conversation_id, message_id):
        assert read_all(world.chief, resource_id=pk)
        assert not read_all(member, resource_id=pk)
    world.chief.post(f"/conversations/{conversation_id}/members", {"user_id": str(member.user.pk)}).ok()
    for pk in (conversation_id, message_id):
        assert read_all(member, resource_id=pk)
    world.chief.delete(path).ok(204)
    assert read_all(world.chief, resource_id=message_id)[-1]["type"] == "message.deleted"


def test_notifications_are_seen_by_their_user_only(owner, colleague):
    one = Notification.objects.create(user_id=colleague.user.pk, type="test", title="a", body="b", values={})
    (event,) = read_all(colleague, resource_id=str(one.pk))
    assert event["type"] == "notification.created"
    assert not read_all(owner, resource_id=str(one.pk))


def test_the_events_of_a_deleted_file_stay_with_its_owner(holding):
    mine, other, all_files = holding("files:read", "files:write"), holding("files:read"), holding("files:*")
    pk = upload(mine)["id"]
    log.append_all()
    mine.delete(f"/files/{pk}").ok(204)
    for client in (mine, all_files):
        assert [event["type"] for event in read_all(client, resource_id=pk)] == ["file.created", "file.deleted"]
    assert not read_all(other, resource_id=pk)


def test_who_acted_is_shown_to_those_who_read_the_audit_log(owner, holding):
    pk = owner.post("/countries", {"code": "QX", "name": {"en": "Nowhere"}}).ok(201)["id"]
    (event,) = read_all(holding("countries:read", "audit:read"), resource_id=pk)
    assert event["actor_id"] == str(owner.user.pk)
    (event,) = read_all(holding("countries:read"), resource_id=pk)
    assert event["actor_id"] is None


def test_an_object_without_events_has_none(owner):
    assert read_all(owner, resource_id=str(uuid7())) == []
