"""Data of a small company for pages with figures, created by the services."""

import datetime as dt
from decimal import Decimal

from accounting.tests.factories import post
from billing.tests.factories import cancelled, customer, draft, line, part_paid, sent
from contracts.tests.factories import active
from inventory.models import Stock
from inventory.tests.factories import item, stocked, warehouse

CUSTOMERS = (
    "Acme Corporation",
    "Дніпро Постач",
    "Müller & Söhne GmbH",
    "Globex",
    "Soylent Foods",
    "Київ Буд",
    "Initech",
)
GOODS = (("Office chair", 24900), ("Standing desk", 59900), ("Monitor 27″", 31900), ("Docking station", 18900))


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def days(number: int) -> dt.date:
    return today() + dt.timedelta(days=number)


def company() -> None:
    """Invoices in every state and of every age, in two currencies, a year of revenue, low stock, contracts that end."""
    buyers = [customer(name=name, currency="EUR" if "GmbH" in name else "USD") for name in CUSTOMERS]
    _earn()
    for n, buyer in enumerate(buyers):
        price = 100_000 + 37_300 * n
        sent(line(price, 3, description="Consulting", tax_rate=20), of=buyer, due_date=days(14 - 25 * n))
        part_paid(line(price, 2, description="Support"), of=buyer, due_date=days(20), amount=price * 2)
        draft(line(4900, n + 1, description="Licences"), of=buyer)
    part_paid(line(880_000, description="Migration"), of=buyers[0], due_date=days(-40), amount=300_000)
    cancelled(line(5000), of=buyers[3])
    _store()
    for n, buyer in enumerate(buyers[:3]):
        active(party_id=buyer.pk, start_date=days(-300), end_date=days(5 + 9 * n), currency="USD")


def _earn() -> None:
    """Post revenue of earlier days by hand."""
    for back in range(1, 12):
        month = today().year * 12 + today().month - 1 - back
        day = dt.date(month // 12, month % 12 + 1, 15).isoformat()
        post("1300", "4000", 1_450_000 + 310_000 * (back * 7 % 5) - 60_000 * back, day=day, description="Sales")
        post("1300", "4000", 220_000 + 40_000 * (back % 3), day=day, currency="EUR", description="Sales")


def _store() -> None:
    place = warehouse(name="Main warehouse", code="MAIN")
    for n, (name, price) in enumerate(GOODS):
        row = stocked(3 + 4 * n, item_id=item(sku=f"PROD-{n + 1:03}", name=name, unit_price=price), warehouse_id=place)
        Stock.objects.filter(pk=row.pk).update(reorder_point=Decimal(10), reorder_quantity=Decimal(25))
