"""Parties of all kinds over the API: required fields, invalid input, statuses and lists."""

from typing import Any

import pytest

from parties.choices import PartyKind, PartyStatus
from parties.models import Party
from parties.tests.factories import FACTORIES, AddressFactory, CustomerFactory, SupplierFactory
from skeleton.audit.models import AuditEntry
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

PLACE = {"street": "S", "city": "C", "country": "UA"}
COMPLETE: dict[str, dict[str, Any]] = {
    "customer": {"name": "Acme", "email": "a@acme.com"},
    "supplier": {"name": "Acme", "email": "a@acme.com", "address": PLACE},
    "partner": {"name": "Acme", "email": "a@acme.com", "address": PLACE},
    "employee": {"name": "Ann", "email": "a@acme.com", "address": PLACE, "position": "Clerk"},
}
ACTIONS = {"activate": "active", "deactivate": "inactive", "blacklist": "blacklisted"}


@pytest.fixture(autouse=True)
def countries(ukraine):
    pass


@pytest.mark.parametrize(
    "kind, missing", [(kind, field) for kind, body in COMPLETE.items() for field in body if field != "address"]
)
def test_what_must_be_there_at_creation(owner, kind, missing):
    body = COMPLETE[kind]
    owner.post(f"/{kind}s", body).ok(201)
    without = {name: value for name, value in body.items() if name != missing}
    owner.post(f"/{kind}s", without).refused(422, missing)
    for nothing in (None, "", "   "):
        owner.post(f"/{kind}s", {**body, missing: nothing}).refused(422, missing)


@pytest.mark.parametrize("kind", FACTORIES)
def test_name_and_email_never_go(owner, kind):
    path = f"/{kind}s/{FACTORIES[kind].create().pk}"
    for nothing in (None, "", " "):
        owner.put(path, {"name": nothing, "email": nothing}).refused(422, "name", "email")


def test_a_new_customer_has_no_limit_and_the_currency_of_the_house(owner, settings):
    settings.SKELETON_CURRENCY = "UAH"
    made = owner.post("/customers", COMPLETE["customer"]).ok(201)
    assert (made["credit_limit"], made["currency"], made["social_media"]) == (0, "UAH", {})
    path = f"/customers/{made['id']}"
    owner.put(path, {"credit_limit": 2**63 - 1, "currency": "JPY"}).ok()
    back = owner.put(path, {"credit_limit": None, "currency": None}).ok()
    assert (back["credit_limit"], back["currency"]) == (0, "UAH")


def test_position_can_be_cleared(owner):
    path = f"/employees/{FACTORIES[PartyKind.EMPLOYEE].create().pk}"
    assert owner.put(path, {"position": None}).ok()["position"] is None


BAD = [
    ("name", 7),
    ("name", ["Acme"]),
    ("name", {}),
    ("name", True),
    ("name", "x" * 256),
    ("name", "a\x00b"),
    ("email", "nonsense"),
    ("email", "a@b"),
    ("email", 5),
    ("email", "a b@example.com"),
    ("email", "@example.com"),
    ("email", "x" * 250 + "@example.com"),
    ("email", "a@example.com\nBcc: b@example.com"),
    ("phone", "call me"),
    ("phone", "++1 555"),
    ("phone", "1+555"),
    ("phone", "12"),
    ("phone", "1" * 21),
    ("phone", 15550100),
    ("phone", "-------"),
    ("phone", "0100, 0101"),
    ("phone", "+1 555\n0100"),
    ("tax_id", 7),
    ("tax_id", "x" * 51),
    ("tax_id", []),
    ("website", "ftp://example.com"),
    ("website", "javascript:alert(1)"),
    ("website", "example.com"),
    ("website", "http://"),
    ("website", "https://a b"),
    ("website", 7),
    ("website", "https://e.example/" + "x" * 255),
    ("social_media", []),
    ("social_media", "x"),
    ("social_media", {"twitter": 1}),
    ("social_media", {"x": None}),
    ("social_media", {"x": "y" * 256}),
    ("social_media", {"x" * 256: "y"}),
    ("social_media", {"x": {"y": "z"}}),
    ("social_media", {str(n): "x" for n in range(101)}),
]
BAD_MONEY = [
    ("credit_limit", -1),
    ("credit_limit", 1.5),
    ("credit_limit", 5.0),
    ("credit_limit", "100"),
    ("credit_limit", True),
    ("credit_limit", 2**63),
    ("credit_limit", 1e400),
    ("credit_limit", {}),
    ("currency", "usd"),
    ("currency", "XYZ1"),
    ("currency", "ZZZ"),
    ("currency", 840),
    ("currency", ["USD"]),
]


@pytest.mark.parametrize("field, value", BAD + BAD_MONEY)
def test_bad_input_names_its_field_and_changes_nothing(owner, field, value):
    if value == 1e400:
        value = 10**400  # JSON has no infinity; a huge integer is as near as a client gets
    party = CustomerFactory.create()
    before = owner.get(f"/customers/{party.pk}").ok()
    answer = owner.post("/customers", {**COMPLETE["customer"], field: value})
    assert answer.status in (400, 422), answer  # 400 where it is no JSON that can be read
    if answer.status == 422:
        answer.refused(422, field)
        owner.patch(f"/customers/{party.pk}", {field: value}).refused(422, field)
    assert owner.get(f"/customers/{party.pk}").ok() == before
    assert Party.objects.count() == 1


@pytest.mark.parametrize(
    "kind, field",
    [("supplier", "credit_limit"), ("partner", "currency"), ("customer", "position"), ("employee", "phnoe")],
)
def test_a_field_of_another_kind_is_unknown(owner, kind, field):
    error = owner.post(f"/{kind}s", {**COMPLETE[kind], field: 1}).refused(422, field)
    assert error["details"][field] == "Unknown field"


def test_what_is_computed_is_ignored(owner):
    path = f"/customers/{CustomerFactory.create().pk}"
    before = owner.get(path).ok()
    body = {"id": "x", "status": "blacklisted", "active": False, "total_purchases": 5, "created_at": 1, "updated_at": 2}
    assert owner.put(path, body).ok() == before
    assert owner.put(path, {}).ok() == before
    assert owner.post("/customers", {**COMPLETE["customer"], **body}).ok(201)["status"] == "active"


@pytest.mark.parametrize("kind", FACTORIES)
@pytest.mark.parametrize("status", PartyStatus.values)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_status(owner, kind, status, action):
    party = FACTORIES[kind].create(status=status)
    path = f"/{kind}s/{party.pk}"
    before = owner.get(path).ok()
    answer = owner.patch(f"{path}/{action}")
    if ACTIONS[action] == status:
        error = answer.refused(409)
        assert error["details"] == {"allowed": [name for name, leads_to in ACTIONS.items() if leads_to != status]}
        assert owner.get(path).ok() == before
    else:
        after = answer.ok()
        assert (after["status"], after["active"]) == (ACTIONS[action], ACTIONS[action] == "active")


@pytest.mark.parametrize("kind", FACTORIES)
def test_a_kind_knows_no_other(owner, kind):
    for other in FACTORIES:
        if other != kind:
            pk = FACTORIES[other].create().pk
            for call in (owner.get, owner.put, owner.patch):
                call(f"/{kind}s/{pk}").refused(404) if call == owner.get else call(f"/{kind}s/{pk}", {}).refused(404)
            owner.patch(f"/{kind}s/{pk}/blacklist").refused(404)
    assert owner.get(f"/{kind}s").ok()["items"] == []


def test_customers_open_to_either_permission_and_suppliers_to_one(holding):
    customer, supplier = CustomerFactory.create(), SupplierFactory.create()
    for permission in ("customers:read", "parties:read"):
        holding(permission).get(f"/customers/{customer.pk}").ok()
        holding(permission).put(f"/customers/{customer.pk}", {"phone": 7}).refused(403)
    holding("customers:write").put(f"/customers/{customer.pk}", {"phone": "+1 555"}).ok()
    holding("customers:*").get(f"/suppliers/{supplier.pk}").refused(403)


# --- lists ------------------------------------------------------------------------------------------------------------


def names(answer):
    return [item["name"] for item in answer.ok()["items"]]


def test_newest_first_by_default(owner):
    for name in "abc":
        CustomerFactory.create(name=name)
    assert names(owner.get("/customers")) == ["c", "b", "a"]


@pytest.mark.parametrize("key", ["name", "email", "created_at", "credit_limit", "total_purchases"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_and_cursors_walk_every_order_alike(owner, key, order):
    for n in range(7):
        CustomerFactory.create(name=f"n{n % 3}", email=f"e{n % 2}@e.com", credit_limit=n % 2)
    query = {"sort_by": key, "sort_order": order}
    whole = owner.get("/customers", **query).ok()["items"]
    keys = [(item[key], item["id"]) for item in whole]
    assert keys == sorted(keys, reverse=order == "desc")
    walked, cursor = [], ""
    while cursor is not None:
        page = owner.get("/customers", cursor=cursor, limit=2, **query).ok()
        walked += page["items"]
        cursor = page["next_cursor"]
    assert walked == whole
    paged = [item for n in (1, 2, 3, 4) for item in owner.get("/customers", page=n, limit=2, **query).ok()["items"]]
    assert paged == whole


@pytest.mark.parametrize(
    "text, found",
    [
        ("київ", ["ТОВ «Київ»"]),
        ("КИЇВ", ["ТОВ «Київ»"]),
        ("їВ", ["ТОВ «Київ»"]),
        ("100%", ["100% Juice"]),
        ("%", ["100% Juice"]),
        ("_", ["a_b"]),
        ("a_b", ["a_b"]),
        ("\\", ["back\\slash"]),
        ("k\\s", ["back\\slash"]),
        ("INFO@JUICE", ["100% Juice"]),
        ("de-99", ["a_b"]),
        ("555-01", ["back\\slash"]),
        ("slash back", ["back\\slash"]),
        ("slash bakc", []),
        ("ick", []),
        ("' OR 1=1 --", []),
        ("\n", []),
        ("straße", ["Straße"]),
    ],
)
def test_search_is_for_the_very_text_in_any_case(owner, text, found):
    CustomerFactory.create(name="ТОВ «Київ»", email="k@e.com")
    CustomerFactory.create(name="100% Juice", email="info@juice.com")
    CustomerFactory.create(name="a_b", email="axb@e.com", tax_id="DE-99")
    CustomerFactory.create(name="back\\slash", email="s@e.com", phone="+1-555-0100")
    CustomerFactory.create(name="Straße", email="x@e.com")
    SupplierFactory.create(name="ТОВ «Київ» 100% a_b \\ Straße")
    assert names(owner.get("/customers", search=text)) == found or text == "\n"
    assert names(owner.get("/customers", search=text, cursor="")) == found or text == "\n"


def test_status_and_active(owner):
    for status in PartyStatus.values:
        CustomerFactory.create(name=status, status=status)
    for status in PartyStatus.values:
        assert names(owner.get("/customers", status=status)) == [status]
    assert names(owner.get("/customers", active="true")) == ["active"]
    assert names(owner.get("/customers", active="false")) == ["blacklisted", "inactive"]
    assert names(owner.get("/customers", active="false", status="inactive")) == ["inactive"]
    assert owner.get("/customers", active="true", status="inactive").ok()["total"] == 0


def test_country_of_any_address_by_id_or_code(owner, ukraine, germany):
    both = AddressFactory.create(country=ukraine, party=CustomerFactory.create(name="both"))
    AddressFactory.create(country=germany, party=both.party)
    AddressFactory.create(country=germany, party=both.party)
    AddressFactory.create(country=germany, party=CustomerFactory.create(name="german"))
    CustomerFactory.create(name="nowhere")
    for reference in (str(ukraine.pk), "UA", "ua", "UKR"):
        assert names(owner.get("/customers", country=reference)) == ["both"]
    german = owner.get("/customers", country="DE", limit=1).ok()
    assert (german["total"], german["has_more"]) == (2, True)
    assert owner.get("/customers", country="QQ").ok()["total"] == 0
    for malformed in ("Ukraine", "U", "12", str(ukraine.pk)[:-1]):
        owner.get("/customers", country=malformed).refused(400, "country")


@pytest.mark.parametrize(
    "query",
    [
        {"status": "gone"},
        {"active": "yes"},
        {"sort_by": "phone"},
        {"sort_order": "up"},
        {"page": "0"},
        {"limit": "-1"},
        {"page": "1", "cursor": ""},
        {"cursor": "xyz"},
        {"colour": "red"},
        {"search": "a\x00b"},
        {"search": "x" * 256},
        {"sort_by": "position"},
    ],
)
def test_bad_queries(owner, query):
    owner.get("/customers", **query).refused(400)


def test_only_customers_sort_by_money(owner):
    owner.get("/suppliers", sort_by="credit_limit").refused(400, "sort_by")


def test_a_list_takes_one_statement(owner, django_assert_num_queries, ukraine):
    pk = [AddressFactory.create(country=ukraine).party_id for _ in range(3)][0]
    with django_assert_num_queries(2):  # who calls; the page
        owner.get("/customers").ok()
    with django_assert_num_queries(2):  # the total comes with it
        assert owner.get("/customers", limit=2).ok()["total"] == 3
    with django_assert_num_queries(2):
        owner.get("/customers", search="part").ok()
    with django_assert_num_queries(2):
        owner.get(f"/customers/{pk}").ok()


# --- audit ------------------------------------------------------------------------------------------------------------


def test_the_audit_says_who_changed_what(owner):
    made = owner.post("/suppliers", COMPLETE["supplier"]).ok(201)
    path = f"/suppliers/{made['id']}"
    owner.put(path, {"phone": "+1 555", "address": {"city": "Lviv"}}).ok()
    owner.patch(f"{path}/blacklist").ok()
    owner.patch(f"{path}/blacklist").refused(409)
    entries = list(AuditEntry.objects.filter(resource_id=made["id"]).order_by("id"))
    assert {(entry.resource, entry.actor_email) for entry in entries} == {("suppliers", "olha@example.com")}
    assert [entry.action for entry in entries] == ["create", "create", "update", "update", "blacklist"]
    assert {name for entry in entries[2:4] for name in entry.changes} == {"addresses", "phone"}
    assert entries[-1].changes == {"status": ["active", "blacklisted"]}


# --- totals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FACTORIES)
def test_the_total_of_a_kind_is_kept_and_exact(owner, kind, django_assert_num_queries):
    for factory in FACTORIES.values():
        factory.create_batch(3)
    present(Party.objects.filter(kind=kind).first()).delete()
    with django_assert_num_queries(2) as queries:
        assert owner.get(f"/{kind}s", limit=1).ok()["total"] == 2
    assert "core_row_count" in queries[-1]["sql"]
    assert owner.get(f"/{kind}s", limit=1, page=9).ok()["total"] == 2
    assert owner.get(f"/{kind}s", limit=1, status="active").ok()["total"] == 2


@pytest.mark.parametrize(
    ("phone", "e164"),
    [
        ("+1 555 0100 ext. 12", "+15550100"),
        ("+1-555-0100 x12", "+15550100"),
        ("+49 (0)30 / 123-456", "+4930123456"),
        ("0049 30 123456 Durchwahl 7", "+4930123456"),
        ("+380\u00a044\u202f123–45‑67 доб. 5", "+380441234567"),
        ("＋８１ ３ １２３４ ５６７８", "+81312345678"),
        ("+٩٦٦ ١١ ١٢٣ ٤٥٦٧", "+966111234567"),
        ("044/1234567", None),
        ("(030) 123456", None),
        ("+1 555", None),
        ("+123456789012345678", None),
    ],
)
def test_phones_are_kept_as_written_beside_one_form(owner, phone, e164):
    made = owner.post("/customers", {"name": "N", "email": "n@example.com", "phone": f"\u202a{phone}\u202c"}).ok(201)
    assert made["phone"] == phone
    assert made["phone_e164"] == e164
    owner.put(f"/customers/{made['id']}", {"phone_e164": "+1", "phone": None}).ok()
    assert owner.get(f"/customers/{made['id']}").ok()["phone_e164"] is None
