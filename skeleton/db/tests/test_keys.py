"""SKUs and codes are unique in any spelling; what was there before is listed."""

import unicodedata
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from inventory.models import Item, Warehouse
from inventory.tests.factories import item, warehouse
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db

NFC, NFD = (unicodedata.normalize(form, "Клей-1") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NFC, NFD),
        ("Straße", "STRASSE"),
        ("café", "CAFE"),
        ("A-1", "a–1"),
        ("A 1", "a\u00a01"),
        ("٤٤", "44"),
        ("Ｗ１", "w1"),
        ("o'ring", "o’ring"),
        ("ab\u200bc", "abc"),
        ("Ёж", "еж"),
    ],
)
def test_one_sku_in_two_spellings(first, second):
    kept = item(sku=first)
    with pytest.raises(IntegrityError, match="inventory_item_sku_unique"), transaction.atomic():
        item(sku=second)
    with pytest.raises(IntegrityError, match="inventory_item_sku_unique"), transaction.atomic():
        Item.objects.filter(pk=item(sku="other")).update(sku=second)
    Item.objects.filter(pk=kept).update(sku=second)  # itself in another spelling


@pytest.mark.parametrize("pair", [("A-1", "A1"), ("A-1", "A-10"), ("й", "и"), ("ї", "і"), ("が", "か")])
def test_other_skus(pair):
    for sku in pair:
        item(sku=sku)
    assert Item.objects.count() == 2


def test_codes_of_warehouses_are_unique_likewise_but_optional():
    warehouse(code="Köln")
    with pytest.raises(IntegrityError, match="inventory_warehouse_code_unique"), transaction.atomic():
        warehouse(code="KOLN")
    warehouse(code=None)
    warehouse(code=None)
    assert Warehouse.objects.filter(code_key=None).count() == 2


def test_nobody_writes_a_key():
    Item.objects.filter(pk=item(sku="Ä")).update(sku_key="x")
    made = Item.objects.get()
    assert made.sku_key == "a"
    made.sku_key = "x"
    made.save()
    made.refresh_from_db()
    assert made.sku_key == "a"


def listed():
    output = StringIO()
    call_command("check_duplicates", stdout=output)
    return output.getvalue()


def test_rows_from_before_the_rule_keep_their_sku_and_are_listed():
    assert listed() == "None found.\n"
    first = item(sku="Клей-1")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT skeleton_detach_key('inventory_item')")
        others = [item(sku=NFD, sku_key=f"old {n}") for n in (2, 3)]
        cursor.execute("SELECT skeleton_attach_key('inventory_item', 'sku', 'sku_key')")
    keys = list(Item.objects.order_by("pk").values_list("sku_key", flat=True))
    assert keys == ["клей-1", "клей-1\n2", "клей-1\n3"]
    text = listed()
    assert "2 found" in text
    for other in others:
        assert f"of {other} is the same as 'Клей-1' of {first}" in text
    Item.objects.filter(pk=others[0]).update(name="renamed", sku=NFD)
    with pytest.raises(IntegrityError, match="inventory_item_sku_unique"), transaction.atomic():
        Item.objects.filter(pk=others[0]).update(sku="КЛЕЙ-1")
    Item.objects.filter(pk=others[0]).update(sku="Клей-2")
    assert "1 found" in listed()
