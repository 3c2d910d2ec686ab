"""The catalogue over the API."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Category
from inventory.tests import factories
from skeleton.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_the_documented_example_works_as_printed(owner):
    category_id = owner.post("/catalog/categories", {"name": "Products"}).ok(201)["id"]
    created = owner.post(
        "/catalog/items",
        {
            "sku": "PROD-001",
            "name": "Product Name",
            "description": "Product description",
            "category_id": category_id,
            "unit_price": 5000,
            "currency": "USD",
            "status": "active",
        },
    ).ok(201)
    assert created | {"id": 0, "created_at": 0, "updated_at": 0} == {
        "id": 0,
        "sku": "PROD-001",
        "name": "Product Name",
        "description": "Product description",
        "category_id": category_id,
        "category_name": "Products",
        "unit_price": 5000,
        "currency": "USD",
        "unit": None,
        "unit_code": "C62",
        "price_base_quantity": 1,
        "tax_rate": 0,
        "tax_code": None,
        "status": "active",
        "attributes": {},
        "created_at": 0,
        "updated_at": 0,
    }
    listed = owner.get("/catalog/items", category_id=category_id).ok()
    assert listed == {"items": [created], "total": 1, "page": 1, "limit": 20, "has_more": False}


def test_an_item_needs_sku_name_and_price_and_no_more(owner):
    owner.post("/catalog/items", {}).refused(422, "sku", "name", "unit_price")
    assert owner.post("/catalog/items", {"sku": "a", "name": "b", "unit_price": 0}).ok(201)["currency"] == "USD"


def test_a_taken_sku_is_refused_in_any_case_and_on_update_too(owner):
    factories.item(sku="PROD-001")
    other = factories.item(sku="PROD-002")
    owner.post("/catalog/items", {"sku": "prod-001", "name": "x", "unit_price": 1}).refused(409, "sku")
    owner.put(f"/catalog/items/{other}", {"sku": "PROD-001"}).refused(409, "sku")


def short(value):
    return repr(value)[:20]


ITEM = {"sku": "X-1", "name": "X", "unit_price": 1}


@pytest.mark.parametrize(
    "field, value",
    [
        ("sku", ""),
        ("sku", None),
        ("sku", 5),
        ("sku", "x" * 65),
        ("sku", "a\x00b"),
        ("name", " "),
        ("name", None),
        ("name", "x" * 256),
        ("description", 5),
        ("description", "x" * 10_001),
        ("category_id", "nonsense"),
        ("category_id", "01972b15-8000-7000-8000-000000000099"),
        ("category_id", 5),
        ("unit_price", None),
        ("unit_price", -1),
        ("unit_price", 1.5),
        ("unit_price", "5"),
        ("unit_price", True),
        ("unit_price", 2**63),
        ("currency", None),
        ("currency", "XYZ"),
        ("currency", "usd"),
        ("unit", "x" * 21),
        ("unit", 1),
        ("tax_rate", None),
        ("tax_rate", -1),
        ("tax_rate", 101),
        ("tax_rate", 0.00001),
        ("tax_rate", "20"),
        ("status", None),
        ("status", "gone"),
        ("status", []),
        ("attributes", []),
        ("attributes", "text"),
        ("attributes", {str(n): n for n in range(101)}),
        ("colour", "red"),
    ],
    ids=short,
)
def test_bad_input_is_named(owner, field, value):
    owner.post("/catalog/items", {**ITEM, field: value}).refused(422, field)
    pk = factories.item()
    before = owner.get(f"/catalog/items/{pk}").ok()
    owner.patch(f"/catalog/items/{pk}", {field: value}).refused(422, field)
    assert owner.get(f"/catalog/items/{pk}").ok() == before


def test_partial_update(owner):
    pk = factories.item(description="long", unit="kg", attributes={"colour": "red"}, category_id=factories.category())
    path = f"/catalog/items/{pk}"
    whole = owner.get(path).ok()
    assert owner.put(path, {}).ok() == whole
    assert owner.put(path, whole).ok() == whole
    cleared = owner.patch(path, {"description": None, "unit": "", "attributes": None, "category_id": None}).ok()
    assert (cleared["description"], cleared["unit"], cleared["attributes"]) == (None, None, {})
    assert (cleared["category_id"], cleared["category_name"]) == (None, None)
    assert owner.put(path, {"unit_price": 7, "tax_rate": 19.5}).ok()["tax_rate"] == 19.5


def test_filters_and_sorting_of_items(owner):
    bolt = factories.item(sku="BOLT-8", name="Hexagonal", unit_price=3)
    nut = factories.item(sku="NUT-8", name="Мутрa болта", unit_price=2, status="inactive")
    assert _ids(owner, search="hEXA") == [bolt]
    assert _ids(owner, search="БОЛТ") == [nut]
    assert _ids(owner, search="-8", sort_by="unit_price") == [nut, bolt]
    assert _ids(owner, sku="bolt-8") == [bolt]
    assert _ids(owner, sku="bolt") == []
    assert _ids(owner, status="inactive") == [nut]
    assert _ids(owner, sort_by="sku", sort_order="desc") == [nut, bolt]
    assert _ids(owner, sort_by="name") == [bolt, nut]
    assert _ids(owner, sort_by="created_at") == [bolt, nut]
    owner.get("/catalog/items", status="gone").refused(400, "status")
    owner.get("/catalog/items", category_id="x").refused(400, "category_id")
    owner.get("/catalog/items", sort_by="unit").refused(400, "sort_by")


@pytest.mark.parametrize("sort_by", ["sku", "name", "unit_price", "created_at"])
def test_items_by_cursor_in_every_order(owner, sort_by):
    made = [str(factories.item(unit_price=n % 2)) for n in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = owner.get("/catalog/items", cursor=cursor, limit=2, sort_by=sort_by).ok()
        seen += [found["id"] for found in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made)
    assert seen == [found["id"] for found in owner.get("/catalog/items", sort_by=sort_by).ok()["items"]]


def _ids(client, **query):
    return [UUID(found["id"]) for found in client.get("/catalog/items", **query).ok()["items"]]


# --- categories -------------------------------------------------------------------------------------------------------


def test_a_category_finds_the_items_of_its_descendants(owner):
    root, other = factories.category("Tools"), factories.category("Other")
    child = factories.category("Hand tools", parent=root)
    leaf = factories.category("Hammers", parent=child)
    items = [factories.item(category_id=found) for found in (root, child, leaf, other)]
    assert set(_ids(owner, category_id=root)) == set(items[:3])
    assert set(_ids(owner, category_id=child)) == set(items[1:3])
    owner.put(f"/catalog/categories/{child}", {"parent_id": str(other)}).ok()
    assert set(_ids(owner, category_id=root)) == {items[0]}
    assert set(_ids(owner, category_id=other)) == set(items[1:])


def test_the_tree_is_one_answer_in_one_statement(owner, django_assert_num_queries):
    root = factories.category("Tools")
    child = factories.category("Hammers", parent=root)
    alone = factories.category("Books")
    with django_assert_num_queries(2):  # who asks, and the tree
        tree = owner.get("/catalog/categories/tree").ok()
    assert tree == {
        "data": [
            {"id": str(alone), "name": "Books", "description": None, "parent_id": None, "children": []},
            {
                "id": str(root),
                "name": "Tools",
                "description": None,
                "parent_id": None,
                "children": [
                    {"id": str(child), "name": "Hammers", "description": None, "parent_id": str(root), "children": []}
                ],
            },
        ]
    }


def test_a_category_is_never_below_itself(owner):
    root = factories.category()
    child = factories.category(parent=root)
    leaf = factories.category(parent=child)
    for parent in (root, child, leaf):
        owner.put(f"/catalog/categories/{root}", {"parent_id": str(parent)}).refused(409, "parent_id")
    assert owner.put(f"/catalog/categories/{leaf}", {"parent_id": None}).ok()["parent_id"] is None
    assert Category.objects.get(pk=leaf).path == [leaf]


def test_a_new_name_waits_for_no_move_of_another(owner):
    pk = factories.category()
    with CaptureQueriesContext(connection) as ran:
        assert owner.put(f"/catalog/categories/{pk}", {"name": "Tools"}).ok()["name"] == "Tools"
    assert not any("pg_advisory" in each["sql"] for each in ran)


def test_categories_nest_at_most_32_deep(owner):
    parent = None
    for _ in range(32):
        parent = factories.category(parent=parent)
    owner.post("/catalog/categories", {"name": "too deep", "parent_id": str(parent)}).refused(422, "parent_id")


def test_a_category_in_use_is_not_deleted(owner):
    root = factories.category()
    child = factories.category(parent=root)
    used = factories.category()
    factories.item(category_id=used)
    owner.delete(f"/catalog/categories/{root}").refused(409)
    owner.delete(f"/catalog/categories/{used}").refused(409)
    owner.delete(f"/catalog/categories/{child}").ok(204)
    owner.delete(f"/catalog/categories/{root}").ok(204)
    owner.get(f"/catalog/categories/{root}").refused(404)


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", None),
        ("name", ""),
        ("name", 5),
        ("description", 5),
        ("parent_id", "x"),
        ("parent_id", "01972b15-8000-7000-8000-000000000099"),
        ("path", []),
    ],
    ids=short,
)
def test_bad_input_of_a_category_is_named(owner, field, value):
    owner.post("/catalog/categories", {"name": "x", field: value}).refused(422, field)
    owner.put(f"/catalog/categories/{factories.category()}", {field: value}).refused(422, field)


def test_categories_are_listed(owner):
    root = factories.category("B")
    child = factories.category("A", parent=root)
    listed = owner.get("/catalog/categories", sort_by="name").ok()
    assert [found["id"] for found in listed["items"]] == [str(child), str(root)]
    assert owner.get("/catalog/categories", parent_id=root).ok()["total"] == 1


def test_changes_of_the_catalogue_are_audited(owner):
    from_category = owner.post("/catalog/categories", {"name": "Tools"}).ok(201)["id"]
    pk = owner.post("/catalog/items", ITEM).ok(201)["id"]
    owner.put(f"/catalog/items/{pk}", {"unit_price": 2, "category_id": from_category}).ok()
    assert _audited(pk) == [
        ("catalog", "create", {"unit_price": [None, 1]}),
        ("catalog", "update", {"unit_price": [1, 2], "category_id": [None, from_category]}),
    ]


def _audited(pk):
    entries = AuditEntry.objects.filter(resource_id=pk).order_by("id")
    return [
        (entry.resource, entry.action, {k: v for k, v in entry.changes.items() if k in ("unit_price", "category_id")})
        for entry in entries
    ]
