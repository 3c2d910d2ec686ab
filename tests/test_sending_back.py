"""PUT of exactly what GET gave is accepted and changes nothing, in every state in which an object can be changed."""

import pytest
from django.db import transaction

from skeleton.testkit.change_recorder import record_changes
from tests.test_etags import object_path
from tests.writes import ADDRESS, LINE, PARTIES, WRITES, World

ROUTES = sorted(
    route
    for route in WRITES
    if route.startswith("PUT ") and object_path(route, route.partition(" ")[2]) == route.partition(" ")[2]
)


def in_states(world):
    """Yield the paths of objects in their states, besides those of `tests/writes.py`."""
    for kind in PARTIES:
        yield f"/{kind}/{world.create(f'/{kind}', {'name': 'Bare', 'email': 'b@example.com', **required(kind)})}"
        for action in ("deactivate", "blacklist"):
            yield f"/{kind}/{world.party_that_is(kind, action)}"
    yield f"/customers/{world.create('/customers', {'name': 'Two', 'email': 'c@example.com', 'addresses': TWO})}"
    yield f"/invoices/{world.invoice('send')['id']}"
    yield f"/invoices/{world.invoice('send', 'cancel')['id']}"
    yield f"/invoices/{world.invoice('cancel')['id']}"
    paid = world.invoice("send")
    world.chief.post(f"/invoices/{paid['id']}/payments", {"amount": LINE["unit_price"], "method": "card"}).ok(201)
    yield f"/invoices/{paid['id']}"
    for states in (("pending",), ("confirmed",), ("confirmed", "shipped"), ("cancelled",)):
        yield f"/orders/{world.order(*states)['id']}"
    for verbs in (("submit",), ("activate",)):
        yield f"/contracts/{world.contract(*verbs)}"


TWO = [{**ADDRESS, "type": "shipping"}, {**ADDRESS, "type": "billing", "city": "Kyiv"}]


def required(kind):
    """Return what a party of this kind requires besides a name."""
    more = {"position": "Clerk"} if kind == "employees" else {}
    return more if kind == "customers" else {**more, "address": ADDRESS}


@pytest.fixture
def world(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


def complaints(client, path, recorder):
    if client.put(path, {}).status != 200:
        return  # it can't be changed in this state
    read = client.get(path)
    recorder.discard()
    answer = client.put(path, read.ok().get("data", read.data))
    if answer.status != 200 or recorder.changes() or client.get(path).response.content != read.response.content:
        yield f"PUT {path}: {answer}"


@pytest.mark.parametrize("part_of_routes", range(2))
def test_what_was_read_can_be_sent_back(world, part_of_routes):
    found = []
    with record_changes(()) as recorder:
        for route in ROUTES[part_of_routes::2]:
            with transaction.atomic():
                path, body = WRITES[route](world)
                world.chief.put(path, body).ok()  # the first change of preferences creates their row
                found += complaints(world.chief, path, recorder)
                transaction.set_rollback(True)
    assert not found, "\n".join(found)


def test_in_every_state(world):
    found = []
    with record_changes(()) as recorder:
        for path in list(in_states(world)):
            found += complaints(world.chief, path, recorder)
    assert not found, "\n".join(found)


class TestTwoFormsOfTheAddress:
    """`address` is the primary one of `addresses`."""

    @pytest.fixture
    def path(self, world):
        return f"/customers/{world.create('/customers', {'name': 'Two', 'email': 'c@example.com', 'addresses': TWO})}"

    def sent(self, world, path, **changes):
        body = {**world.chief.get(path).ok(), **changes}
        return world.chief.put(path, body)

    def test_the_one_that_differs_counts(self, world, path):
        read = world.chief.get(path).ok()
        moved = self.sent(world, path, address={**read["address"], "street": "2 New St"}).ok()
        assert [each["street"] for each in moved["addresses"]] == ["1 Main St", "2 New St"]
        alone = self.sent(world, path, addresses=[moved["addresses"][0]]).ok()
        assert len(alone["addresses"]) == 1
        assert alone["address"]["city"] == "Lviv"
        assert self.sent(world, path, addresses=[]).ok()["address"] is None

    def test_both_may_differ_and_agree(self, world, path):
        read = world.chief.get(path).ok()
        only = {**read["addresses"][1], "street": "3 New St"}
        address = {**read["address"], "street": "3 New St"}
        assert self.sent(world, path, address=address, addresses=[only]).ok()["addresses"] == [only]

    def test_both_differ_and_disagree(self, world, path):
        read = world.chief.get(path).ok()
        only = {**read["addresses"][1], "street": "3 New St"}
        address = {**read["address"], "street": "4 New St"}
        self.sent(world, path, address=address, addresses=[only]).refused(422, "addresses")
        assert world.chief.get(path).ok() == read

    def test_a_creation_takes_one_of_them(self, world):
        body = {"name": "Acme", "email": "a@example.com", "address": ADDRESS, "addresses": [ADDRESS]}
        world.chief.post("/customers", body).refused(422, "addresses")
