"""Records in states that no action of their screen asks for."""

from functools import partial

from django.db import connection

from skeleton.identity.models import Role
from skeleton.jobs.tests.jobs import count
from skeleton.notifications.models import Delivery
from skeleton.notifications.tests.factories import tell
from tests.test_audit_screens import Make
from tests.writes import World


def running(_world: World) -> str:
    """A job that a worker is at."""
    number = str(count.enqueue(key="x"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [number])
    return number


def waiting(world: World) -> str:
    """A delivery that was not tried yet."""
    return str(Delivery.objects.create(notification=tell(world.chief.user), channel="sms").pk)


def default_role(_world: World) -> str:
    return str(Role.objects.get(name="viewer").pk)


def reversed_entry(world: World) -> str:
    pk = world.transaction()
    world.create(f"/transactions/{pk}/reverse")
    return pk


def cancelled_reservation(world: World) -> str:
    pk = world.reservation()
    world.chief.post(f"/reservations/{pk}/cancel").ok()
    return pk


def empty_stock(world: World) -> str:
    stock = world.stock()
    pk = str(stock.pop("id"))
    world.chief.post("/stock/issue", stock).ok()
    return pk


def category_in_use(world: World) -> str:
    pk = world.category()
    world.create("/catalog/items", {"sku": "B-1", "name": "Thing", "unit_price": 100, "category_id": pk})
    return pk


def attached_file(world: World) -> str:
    pk, where = world.file(), world.conversation()
    world.create(f"/conversations/{where}/messages", {"content": "Look", "attachments": [pk]})
    return pk


def blacklisted(world: World, kind: str) -> str:
    return world.party_that_is(kind, "blacklist")


STATES: dict[str, tuple[Make, ...]] = {
    "accounting.entry": (reversed_entry,),
    "billing.invoice": (lambda world: str(world.invoice("send", "cancel")["id"]),),
    "files.file": (attached_file,),
    "identity.role": (default_role,),
    "inventory.category": (category_in_use,),
    "inventory.reservation": (cancelled_reservation,),
    "inventory.stock": (empty_stock,),
    "jobs.job": (running,),
    "notifications.delivery": (waiting,),
    "parties.customer": (partial(blacklisted, kind="customers"),),
    "parties.employee": (partial(blacklisted, kind="employees"),),
    "parties.partner": (partial(blacklisted, kind="partners"),),
    "parties.supplier": (partial(blacklisted, kind="suppliers"),),
}
"""By the screen's label."""
