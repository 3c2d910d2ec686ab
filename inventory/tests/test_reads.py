"""Lists and reads of the catalogue and of stock: query counts, and compiled reads compared with ordinary ones."""

from decimal import Decimal
from uuid import UUID

import pytest

from inventory.models import Category, Movement, Reservation, Stock
from inventory.services.orders import issue_for_order, reserve_for_order
from inventory.services.stock import set_reorder_levels
from inventory.tests import factories
from inventory.views import (
    CategoryViewSet,
    ItemViewSet,
    MovementViewSet,
    ReservationViewSet,
    StockViewSet,
    WarehouseViewSet,
)
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads

ORDER = UUID("01972b15-8000-7000-8000-0000000000aa")

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(owner):
    """Four rows of each table, including one of each kind."""
    parent = None
    for name in ("Tools", "Інструменти", "hammers", "Zebras"):
        parent = factories.category(name, parent=parent)
        item_id = factories.item(category_id=parent, attributes={"colour": "red", "sizes": [1, 2]}, tax_rate=20)
        row = factories.stocked("10.125", item_id=item_id)
        factories.reserved(row, "0.5")
    set_reorder_levels(stock_id=row.pk, values={"reorder_point": 50}, actor=SYSTEM)
    factories.item(sku="БОЛТ-8", name="Гайка 100%", status="inactive", unit_price=2**62)
    held = factories.stocked(5)
    reserve_for_order(order_id=ORDER, needs={held.item_id: Decimal(2)}, actor=SYSTEM)
    issue_for_order(order_id=ORDER, reference="ORD-1", actor=SYSTEM)
    for status in ("fulfilled", "cancelled", "expired"):
        factories.reservation_in(status)
    factories.warehouse(code="MAIN", status="maintenance")


def test_query_counts(owner, busy):
    row = present(Stock.objects.first())
    check_query_counts(
        "inventory",
        owner,
        {
            "/catalog/categories/{id}": f"/catalog/categories/{factories.category()}",
            "/catalog/items/{id}": f"/catalog/items/{row.item_id}",
            "/warehouses/{id}": f"/warehouses/{row.warehouse_id}",
            "/stock/{id}": f"/stock/{row.pk}",
            "/reservations/{id}": f"/reservations/{present(Reservation.objects.first()).pk}",
            "/movements/{id}": f"/movements/{present(Movement.objects.first()).pk}",
        },
    )


def test_compiled_reads_of_the_catalogue(owner, busy):
    root = str(Category.objects.get(name="Tools").pk)
    actor = actor_of(owner.user)
    check_reads(CategoryViewSet, actor, parent_id=[root])
    check_reads(
        ItemViewSet,
        actor,
        search=["БОЛТ", "0%", "prod-", "nobody"],
        sku=["болт-8", "x"],
        category_id=[root, str(ORDER)],
    )


@pytest.mark.parametrize("view", [WarehouseViewSet, StockViewSet, ReservationViewSet, MovementViewSet])
def test_compiled_reads_of_stock(owner, busy, view):
    row = Stock.objects.get(item__name__startswith="Product", reserved__gt=0, is_low=True)
    known = {
        "item_id": [str(row.item_id)],
        "warehouse_id": [str(row.warehouse_id)],
        "stock_id": [str(row.pk)],
        "order_id": [str(ORDER)],
    }
    names = view.filterset_class.base_filters
    check_reads(view, actor_of(owner.user), **{name: found for name, found in known.items() if name in names})
