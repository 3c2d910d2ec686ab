"""Rules of the invoice API."""

import datetime as dt
from uuid import uuid4

import pytest

from billing.models import Invoice
from billing.tests.factories import cancelled, customer, draft, line, paid, part_paid, pay, sent
from parties.choices import PartyKind, PartyStatus
from parties.models import Party
from skeleton.audit.models import AuditEntry
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

LINE = {"description": "Services", "quantity": 1, "unit_price": 1000}


def today():
    return dt.datetime.now(dt.UTC).date()


def body(**changes):
    whole = {"customer_id": str(customer().pk), "due_date": "2099-01-01", "lines": [dict(LINE)]}
    return {**whole, **changes}


def without(whole, name):
    return {key: value for key, value in whole.items() if key != name}


# --- creation ---------------------------------------------------------------------------------------------------------


def test_a_new_invoice_whole(owner):
    acme = customer(name="Acme Corp", currency="EUR")
    lines = [
        {**LINE, "quantity": 2.5, "unit_price": 333, "discount": 33, "tax_rate": 20},
        {**LINE, "quantity": 1, "unit_price": 100, "tax_rate": 7.5},
        {**LINE, "quantity": 1, "unit_price": 50},
    ]
    made = owner.post("/invoices", body(customer_id=str(acme.pk), lines=lines, notes="  ")).ok(201)
    assert (made["customer_name"], made["currency"], made["notes"]) == ("Acme Corp", "EUR", None)
    assert [one["total"] for one in made["lines"]] == [800, 100, 50]  # 832.5 is 833
    assert [one["currency"] for one in made["lines"]] == ["EUR"] * 3
    assert made["lines"][0]["quantity"] == 2.5
    assert made["tax_breakdown"] == [
        {"rate": 0, "base": 50, "tax": 0},
        {"rate": 7.5, "base": 100, "tax": 8},
        {"rate": 20, "base": 800, "tax": 160},
    ]
    assert (made["subtotal"], made["tax_total"], made["total"]) == (950, 168, 1118)
    assert (made["amount_paid"], made["amount_due"], made["payments"]) == (0, 1118, [])
    assert (made["issue_date"], made["due_date"]) == (str(today()), "2099-01-01")
    assert (made["order_id"], made["is_overdue"]) == (None, False)
    assert made["created_by"] == str(owner.user.pk)
    assert owner.get(f"/invoices/{made['id']}").ok() == made


def test_an_invoice_may_begin_without_lines_and_in_the_past(owner):
    made = owner.post("/invoices", without(body(due_date="2001-01-01"), "lines")).ok(201)
    assert (made["lines"], made["total"], made["tax_breakdown"], made["currency"]) == ([], 0, [], "USD")
    assert owner.post("/invoices", body(lines=[])).ok(201)["lines"] == []
    owner.post("/invoices", body(due_date="1899-12-31")).refused(422, "due_date")
    owner.put(f"/invoices/{made['id']}", {"due_date": "1899-12-31"}).refused(422, "due_date")


def test_the_currency_is_the_one_given_else_that_of_the_lines_else_the_customers(owner):
    in_eur = [{**LINE, "currency": "EUR"}, dict(LINE)]
    assert owner.post("/invoices", body(currency="JPY")).ok(201)["currency"] == "JPY"
    assert owner.post("/invoices", body(lines=in_eur)).ok(201)["currency"] == "EUR"
    assert owner.post("/invoices", body()).ok(201)["currency"] == "USD"
    owner.post("/invoices", body(currency="USD", lines=in_eur)).refused(422, "lines.0.currency")
    mixed = [{**LINE, "currency": "EUR"}, {**LINE, "currency": "USD"}]
    owner.post("/invoices", body(lines=mixed)).refused(422, "lines.1.currency")


def test_numbers_follow_each_other_and_refused_work_takes_none(owner):
    def number():
        return owner.post("/invoices", body()).ok(201)["number"]

    first = number()
    owner.post("/invoices", body(customer_id=str(uuid4()))).refused(422)
    year, count = first.split("-")[1:]
    assert number() == f"INV-{year}-{int(count) + 1:03d}"


def test_read_only_fields_are_ignored_and_unknown_ones_refused(owner):
    made = owner.post("/invoices", body(id=str(uuid4()), total=7, sent_at="2026-01-01T00:00:00Z")).ok(201)
    assert (made["status"], made["total"]) == ("draft", 1000)
    owner.post("/invoices", body(nmuber="INV-1")).refused(422, "nmuber")
    owner.post("/invoices", body(lines=[{**LINE, "price": 5}])).refused(422, "lines.0.price")
    assert owner.post("/invoices", body(lines=[{**LINE, "id": str(uuid4()), "total": 9}])).ok(201)["total"] == 1000


BAD_FIELDS = [
    (
        "customer_id",
        [None, "", 7, "x", [], "01a20000-0000-7000-8000-000000000000", "01972b15-8000-7000-8000-00000000000g", True],
    ),
    ("due_date", [None, "", 7, "2026-02-30", "15.02.2026", "2026-01-01T00:00:00Z", [], {}, True]),
    ("currency", [None, "", "usd", "XXX1", "US", 840, [], "ZZZ", "a\u0000b"]),
    ("notes", [7, [], {}, True, "x" * 10_001, "a\u0000b"]),
    ("lines", [None, "", 7, {}, "x", [[]], ["x"], [None], [LINE] * 501]),
]
BAD_LINE_FIELDS = [
    ("description", [None, "", "  ", 7, [], "x" * 1001, "a\u0000b"]),
    ("quantity", [None, "1", 0, -1, 1.0005, 10**12, 1e300, True, [], {}]),
    ("unit_price", [None, "1", -1, 1.5, 1.0, 2**63, 10**40, True, []]),
    ("currency", [None, "", "usd", 840]),
    ("discount", [None, "1", -1, 1.5, 1001, 2**63, True]),
    ("tax_rate", [None, "20", -1, 100.0001, 7.00001, True, []]),
]
BAD_PAYMENT_FIELDS = [
    ("amount", [None, "1", 0, -1, 1.5, 2**63, True, []]),
    ("method", [None, "", "gold", 7, [], "Card"]),
    ("currency", [None, "", "usd", "EUR", 7]),
    ("reference", [7, [], {}, "x" * 256, "a\u0000b"]),
    (
        "paid_at",
        [
            None,
            "",
            "now",
            7,
            "2026-13-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            [],
            "0001-01-01T00:00:00Z",
            "1899-12-31T23:59:59Z",
            "2099-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-12:00",
            "9999-12-31T23:59:59+14:00",
        ],
    ),
]


def flat(table):
    return [(name, value) for name, values in table for value in values]


@pytest.mark.parametrize("name, value", flat(BAD_FIELDS))
def test_bad_fields_are_named(owner, name, value):
    details = owner.post("/invoices", body(**{name: value})).refused(422)["details"]
    assert {field.split(".")[0] for field in details} == {name}
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("name, value", flat(BAD_LINE_FIELDS))
def test_bad_fields_of_lines_are_named(owner, name, value):
    bad = {**LINE, name: value}
    owner.post("/invoices", body(lines=[dict(LINE), bad])).refused(422, f"lines.1.{name}")
    invoice = draft(line(1000))
    path = f"/invoices/{invoice.pk}/lines"
    owner.post(path, bad).refused(422, name)
    owner.put(f"{path}/{invoice.lines.get().pk}", {name: value}).refused(422, name)
    invoice.refresh_from_db()
    assert invoice.total == 1000


@pytest.mark.parametrize("name, value", flat(BAD_PAYMENT_FIELDS))
def test_bad_fields_of_payments_are_named(owner, name, value):
    invoice = sent()
    owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 5, "method": "cash", name: value}).refused(422, name)
    assert not invoice.payments.exists()


@pytest.mark.parametrize("name", ["customer_id", "due_date"])
def test_what_is_required_of_an_invoice(owner, name):
    owner.post("/invoices", without(body(), name)).refused(422, name)


@pytest.mark.parametrize("name", ["description", "quantity", "unit_price"])
def test_what_is_required_of_a_line(owner, name):
    owner.post("/invoices", body(lines=[without(LINE, name)])).refused(422, f"lines.0.{name}")


@pytest.mark.parametrize("name", ["amount", "method"])
def test_what_is_required_of_a_payment(owner, name):
    whole = {"amount": 5, "method": "cash"}
    owner.post(f"/invoices/{sent().pk}/payments", without(whole, name)).refused(422, name)


def test_sums_beyond_int64_are_refused(owner):
    whole = 2**63 - 1
    owner.post("/invoices", body(lines=[{**LINE, "quantity": 2, "unit_price": whole}])).refused(
        422, "lines.0.unit_price"
    )
    owner.post("/invoices", body(lines=[{**LINE, "unit_price": whole}, dict(LINE)])).refused(422, "lines")
    owner.post("/invoices", body(lines=[{**LINE, "unit_price": whole, "tax_rate": 0.1}])).refused(422, "lines")
    made = owner.post("/invoices", body(lines=[{**LINE, "unit_price": whole}])).ok(201)
    assert made["total"] == whole
    owner.post(f"/invoices/{made['id']}/lines", LINE).refused(422, "lines")
    assert owner.post(f"/invoices/{made['id']}/send").ok()["amount_due"] == whole


@pytest.mark.parametrize("status", [PartyStatus.INACTIVE, PartyStatus.BLACKLISTED])
def test_no_invoice_for_a_customer_out_of_use(owner, status):
    owner.post("/invoices", body(customer_id=str(customer(status=status).pk))).refused(409)


def test_only_customers_are_invoiced(owner):
    supplier = Party.objects.create(kind=PartyKind.SUPPLIER, name="Supplier", email="s@example.com")
    owner.post("/invoices", body(customer_id=str(supplier.pk))).refused(422, "customer_id")


# --- changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["put", "patch"])
def test_partial_updates(owner, method):
    path = f"/invoices/{draft(notes='As agreed').pk}"

    def change(values):
        return getattr(owner, method)(path, values)

    before = owner.get(path).ok()
    assert change({}).ok() == before
    changed = change({"due_date": "2030-05-05", "customer_id": str(uuid4()), "lines": [], "total": 1}).ok()
    assert {**changed, "updated_at": None} == {**before, "due_date": "2030-05-05", "updated_at": None}
    assert change({"notes": ""}).ok()["notes"] is None
    change({"due_date": None}).refused(422, "due_date")
    change({"nots": "x"}).refused(422, "nots")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_lines_are_changed_field_by_field(owner, method):
    invoice = draft(line(1000, tax_rate=20), line(500))
    first = invoice.lines.get(position=1)
    path = f"/invoices/{invoice.pk}/lines/{first.pk}"
    changed = getattr(owner, method)(path, {"quantity": 3, "discount": 100}).ok()
    assert (changed["lines"][0]["total"], changed["lines"][0]["unit_price"]) == (2900, 1000)
    assert (changed["subtotal"], changed["tax_total"], changed["total"]) == (3400, 580, 3980)
    assert getattr(owner, method)(path, {}).ok() == changed
    assert getattr(owner, method)(path, changed["lines"][0]).ok() == changed
    owner.put(path, {"currency": "EUR"}).refused(422, "currency")
    owner.put(path, {"discount": 3001}).refused(422, "discount")


def test_lines_keep_their_order(owner):
    invoice = draft(line(1), line(2), line(3))
    path = f"/invoices/{invoice.pk}/lines"
    answer = owner.delete(f"{path}/{invoice.lines.get(position=2).pk}").ok()
    assert [one["unit_price"] for one in answer["lines"]] == [1, 3]
    answer = owner.post(path, {**LINE, "unit_price": 4}).ok(201)
    assert [one["unit_price"] for one in answer["lines"]] == [1, 3, 4]
    assert answer["total"] == 8


def test_what_is_not_there_is_404(owner):
    invoice, other = draft(), draft()
    foreign = f"/invoices/{invoice.pk}/lines/{other.lines.get().pk}"
    owner.put(foreign, {"quantity": 2}).refused(404)
    owner.delete(foreign).refused(404)
    for unknown in (uuid4(), "x"):
        path = f"/invoices/{unknown}"
        owner.get(path).refused(404)
        owner.put(path, {"notes": "x"}).refused(404)
        owner.post(f"{path}/lines", LINE).refused(404)
        owner.post(f"{path}/send").refused(404)
        owner.post(f"{path}/cancel").refused(404)
        owner.get(f"{path}/payments").refused(404)
        owner.post(f"{path}/payments", {"amount": 1, "method": "cash"}).refused(404)
        owner.put(f"/invoices/{invoice.pk}/lines/{unknown}", {"quantity": 2}).refused(404)


def test_verbs_refuse_what_they_do_not_take(owner):
    invoice = draft()
    owner.post(f"/invoices/{invoice.pk}/send", {"now": True}).refused(422, "now")
    owner.post(f"/invoices/{invoice.pk}/cancel", {"reasons": "x"}).refused(422, "reasons")
    owner.post(f"/invoices/{invoice.pk}/cancel", {"reason": 5}).refused(422, "reason")
    owner.delete(f"/invoices/{invoice.pk}").refused(405)
    assert owner.post(f"/invoices/{invoice.pk}/cancel").ok()["cancel_reason"] is None


# --- the customer -----------------------------------------------------------------------------------------------------


def test_a_drafts_name_follows_the_customer_and_a_sent_ones_stays(owner):
    acme = customer(name="Acme")
    drafted, sent_out = draft(of=acme), sent(of=acme)
    Party.objects.filter(pk=acme.pk).update(name="Acme Ltd")
    assert owner.get(f"/invoices/{drafted.pk}").ok()["customer_name"] == "Acme Ltd"
    assert owner.get(f"/invoices/{sent_out.pk}").ok()["customer_name"] == "Acme"
    assert [one["id"] for one in owner.get("/invoices", search="acme ltd").ok()["items"]] == [str(drafted.pk)]


def test_total_purchases_counts_what_was_sent_and_not_cancelled_in_the_customers_currency():
    acme = customer(currency="USD")

    def purchases():
        acme.refresh_from_db()
        return acme.total_purchases

    draft(of=acme)
    assert purchases() == 0
    sent(line(1000), of=acme)
    paid(line(200), of=acme)
    part_paid(line(500), of=acme)
    cancelled(line(7777), of=acme)
    sent(line(4444), of=acme, currency="EUR")
    assert purchases() == 1700
    Party.objects.filter(pk=acme.pk).update(currency="EUR")
    assert purchases() == 4444
    Party.objects.filter(pk=acme.pk).update(currency="JPY")
    assert purchases() == 0


def test_purchases_beyond_int64_are_refused_when_the_invoice_is_sent(owner):
    acme = customer()
    sent(line(2**63 - 1), of=acme)
    one_more = draft(line(1), of=acme)
    owner.post(f"/invoices/{one_more.pk}/send").refused(422)
    one_more.refresh_from_db()
    assert one_more.status == "draft"


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def some():
    acme = customer(name="Acme Corp")
    late = sent(line(30), of=acme, due_date=today() - dt.timedelta(days=1))
    return {
        "draft": draft(line(10), of=acme, due_date=today() - dt.timedelta(days=9)),
        "due today": sent(line(20), due_date=today()),
        "late": late,
        "late in euros": part_paid(line(900), currency="EUR", due_date=today() - dt.timedelta(days=2)),
        "paid late": paid(line(50), due_date=today() - dt.timedelta(days=3)),
        "cancelled": cancelled(line(60), due_date=today() - dt.timedelta(days=4)),
        "acme": acme,
    }


@pytest.mark.parametrize(
    "query, found",
    [
        ({"status": "draft"}, {"draft"}),
        ({"status": "sent"}, {"due today", "late", "late in euros"}),
        ({"overdue": "true"}, {"late", "late in euros"}),
        ({"overdue": "false"}, {"draft", "due today", "paid late", "cancelled"}),
        ({"overdue": "true", "currency": "EUR"}, {"late in euros"}),
        ({"currency": "EUR"}, {"late in euros"}),
        ({"search": "aCmE"}, {"draft", "late"}),
        ({"search": "acme_"}, set()),
        ({"from_date": "2099-01-01"}, set()),
        ({"to_date": "2001-01-01"}, set()),
    ],
)
def test_filters(owner, some, query, found):
    expected = {str(some[name].pk) for name in found}
    listed = owner.get("/invoices", **query).ok()
    assert {one["id"] for one in listed["items"]} == expected
    assert listed["total"] == len(expected)


def test_filters_by_customer_and_day_of_issue(owner, some):
    mine = {str(some["draft"].pk), str(some["late"].pk)}
    assert {one["id"] for one in owner.get("/invoices", customer_id=str(some["acme"].pk)).ok()["items"]} == mine
    assert owner.get("/invoices", from_date=str(today()), to_date=str(today())).ok()["total"] == 6
    assert owner.get("/invoices", search=some["late"].number.lower()).ok()["total"] == 1
    overdue = {one["id"] for one in owner.get("/invoices").ok()["items"] if one["is_overdue"]}
    assert overdue == {str(some["late"].pk), str(some["late in euros"].pk)}


@pytest.mark.parametrize(
    "query",
    [
        {"status": "late"},
        {"customer_id": "x"},
        {"from_date": "yesterday"},
        {"to_date": "2026-02-30"},
        {"overdue": "yes"},
        {"currency": "usd"},
        {"sort_by": "notes"},
        {"page": "0"},
        {"paid": "true"},
    ],
)
def test_bad_queries(owner, query):
    owner.get("/invoices", **query).refused(400, *query)


@pytest.mark.parametrize("key, column", [("total", "total"), ("due_date", "due_date"), ("created_at", "created_at")])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_sorting_by_page_and_by_cursor(owner, some, key, column, order):
    sign = "-" if order == "desc" else ""
    expected = [str(pk) for pk in Invoice.objects.order_by(sign + column, sign + "pk").values_list("pk", flat=True)]
    asked = {"sort_by": key, "sort_order": order}
    assert [one["id"] for one in owner.get("/invoices", **asked).ok()["items"]] == expected
    walked, cursor = [], ""
    while cursor is not None:
        page = owner.get("/invoices", **asked, cursor=cursor, limit=4).ok()
        walked += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert walked == expected


def test_numbers_sort_as_people_count(owner):
    invoices = [draft() for _ in range(3)]
    year = today().year
    with without_triggers() as cursor:
        for invoice, number in zip(invoices, ("1000", "999", "1001"), strict=True):
            cursor.execute("UPDATE billing_invoice SET number = %s WHERE id = %s", [f"INV-{year}-{number}", invoice.pk])
    listed = owner.get("/invoices", sort_by="number").ok()["items"]
    assert [one["number"] for one in listed] == [f"INV-{year}-{n}" for n in ("999", "1000", "1001")]


def test_payments_are_listed_newest_first(owner):
    invoice = sent(line(1000))
    other = part_paid()
    for amount in (1, 2, 3):
        pay(invoice, amount)
    path = f"/invoices/{invoice.pk}/payments"
    listed = owner.get(path).ok()
    assert [one["amount"] for one in listed["items"]] == [3, 2, 1]
    assert (listed["total"], listed["has_more"]) == (3, False)
    page = owner.get(path, limit=2, cursor="").ok()
    assert [one["amount"] for one in page["items"]] == [3, 2]
    assert [one["amount"] for one in owner.get(path, cursor=page["next_cursor"]).ok()["items"]] == [1]
    assert owner.get(path, page=9).ok()["items"] == []
    owner.get(path, status="sent").refused(400, "status")
    assert owner.get(f"/invoices/{other.pk}/payments").ok()["total"] == 1
    assert owner.get(f"/invoices/{draft().pk}/payments").ok()["items"] == []


# --- audit and cost ---------------------------------------------------------------------------------------------------


def test_every_verb_leaves_its_rows_in_the_log(owner):
    made = owner.post("/invoices", body()).ok(201)
    path = f"/invoices/{made['id']}"
    added = owner.post(f"{path}/lines", LINE).ok(201)["lines"][1]["id"]
    owner.put(f"{path}/lines/{added}", {"quantity": 2}).ok()
    owner.delete(f"{path}/lines/{added}").ok()
    owner.put(path, {"notes": "Thanks"}).ok()
    owner.post(f"{path}/send").ok()
    owner.post(f"{path}/payments", {"amount": 400, "method": "cash"}).ok(201)
    rows = AuditEntry.objects.filter(resource="invoices", resource_id=made["id"]).order_by("id")
    by_action: dict[str, set[str]] = {}
    for row in rows:
        assert row.actor_id == owner.user.pk
        by_action.setdefault(row.action, set()).update(row.changes)
    assert list(by_action) == ["create", "add_line", "update_line", "delete_line", "update", "send", "record_payment"]
    assert {"number", "total", "lines"} <= by_action["create"]
    assert not {"search_text", "number_key"} & by_action["create"]
    assert by_action["update_line"] == {"subtotal", "total", "tax_breakdown", "lines"}
    assert by_action["update"] == {"notes"}
    assert by_action["send"] == {"status", "sent_at", "posted_on", "delivery_date"}
    assert by_action["record_payment"] == {"amount_paid", "settlements"}
    owner.post(f"/invoices/{draft().pk}/cancel", {"reason": "x"}).ok()
    assert set(AuditEntry.objects.get(action="cancel").changes) == {
        "status",
        "cancelled_at",
        "cancelled_on",
        "cancel_reason",
    }


def test_what_a_request_costs(owner, django_assert_num_queries):
    """Query counts, including authentication. In a test, savepoints replace BEGIN and COMMIT."""
    whole = body(lines=[dict(LINE), dict(LINE)])
    with django_assert_num_queries(8):  # who, BEGIN, audit context, customer, numbered invoice, lines, COMMIT, answer
        made = owner.post("/invoices", whole).ok(201)
    with django_assert_num_queries(2):
        owner.get(f"/invoices/{made['id']}").ok()
    draft()
    with django_assert_num_queries(2):
        owner.get("/invoices").ok()
    with django_assert_num_queries(2):
        owner.get("/invoices", limit=1).ok()
