"""Documents in withdrawn or unknown currencies (ISO 4217) can be read everywhere, but no new ones can be created."""

from contextlib import nullcontext

import pytest
from django.contrib import admin
from django.db import connection

from parties.choices import PartyKind
from parties.services import create_party, update_party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import CURRENCY_COLUMNS, NOT_IN_USE_MESSAGE, WITHDRAWN_CURRENCIES
from skeleton.office import pages
from skeleton.testkit.change_recorder import our_tables
from skeleton.testkit.client import operations
from skeleton.testkit.roles import without_triggers
from skeleton.testkit.samples import sample
from skeleton.testkit.visitor import Visitor
from tests.writes import ADDRESS, CONTRACT, DUE, LINE, World

pytestmark = pytest.mark.django_db

UNREADABLE = {"/messenger/events", "/files/{id}/download"}
"""Routes that return a stream or a file."""


@pytest.fixture
def world(tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


def fill(world):
    """Create one record of everything that has a currency."""
    world.contract("activate")
    world.order("confirmed")
    paid = world.invoice("send")
    world.chief.post(f"/invoices/{paid['id']}/payments", {"amount": 400, "method": "cash"}).ok(201)
    world.invoice()
    world.transaction()
    world.stock()


def columns():
    """Yield every column that contains a currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = ANY(%s) AND column_name ~ 'currency' ORDER BY 1, 2",
            [our_tables()],
        )
        return cursor.fetchall()


def rewrite(code):
    """Set the currency everywhere without triggers, as in an old database."""
    with without_triggers() as cursor:
        for table, column in columns():
            quoted = connection.ops.quote_name(table), connection.ops.quote_name(column)
            cursor.execute("UPDATE {} SET {} = %s WHERE {} IS NOT NULL".format(*quoted, quoted[1]), [code])  # noqa: UP032


def ids_in(data):
    """Return the first ids of a list."""
    rows = data.get("items") or data.get("data") or []
    return [row["id"] for row in rows[:2] if "id" in row] if isinstance(rows, list) else []


def reads(chief):
    """Yield every read of the API that needs at most an id from its own list."""
    for method, route in sorted(operations()):
        path = route.removeprefix("/api/v1")
        if method != "GET" or path in UNREADABLE:
            continue
        listed = path.partition("/{")[0]
        if "{" not in path:
            yield path
        elif path.count("{") == 1 and ("GET", f"/api/v1{listed}") in operations():
            yield from (f"{listed}/{pk}{path.partition('}')[2]}" for pk in ids_in(chief.get(listed).data))


def screens():
    """Yield every list of the back office with its exports, the first record of each, and every page."""
    for model, screen in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        urls = {str(url.name): url for url in screen.get_urls() if getattr(url, "name", None)}
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield base
        if any("export" in known for known in urls):
            yield from (f"{base}export.{kind}" for kind in ("csv", "xlsx"))
        first = model._default_manager.order_by("-pk").first()
        if first and f"{name}_change" in urls:
            yield f"{base}{first.pk}/change/"
    yield from (page.url for page in pages.registered().values())
    yield "/admin/"


def test_every_currency_column_is_called_as_the_check_expects():
    assert {column for _, column in columns()} == set(CURRENCY_COLUMNS)


@pytest.mark.parametrize("code", sample(["BGN", "XXX"], "ITL", "QQQ"))
def test_all_that_is_stored_can_be_read(world, code):
    fill(world)
    rewrite(code)
    browser = Visitor(world.chief.user)
    paths = list(reads(world.chief))
    assert len(paths) >= 50
    assert any(path.endswith("/pdf") for path in paths)
    failed = {path: answer.status for path in paths if (answer := world.chief.get(path)).status >= 500}
    pages_ = list(screens())
    assert len(pages_) >= 50
    for page in pages_:
        answer = browser.get(page)
        if answer.status_code >= 500 or (answer.streaming and not answer.getvalue()):
            failed[page] = answer.status_code
    assert failed == {}
    shown = browser.get("/admin/billing/invoice/").content.decode()
    assert f"4 {code}" in shown or f"00 {code}" in shown, "the amounts are on the page"


def documents(world, code):
    """Yield the requests that would create a document or record in the currency."""
    party, goods = world.party(), world.item()
    chief = world.chief
    posting = world.posting()
    yield (
        "customers",
        chief.post("/customers", {"name": "A", "email": "x@example.com", "address": ADDRESS, "currency": code}),
    )
    yield "items", chief.post("/catalog/items", {"sku": f"S-{code}", "name": "T", "unit_price": 1, "currency": code})
    yield "invoices", chief.post("/invoices", {"customer_id": party, "due_date": DUE, "currency": code})
    yield (
        "lines",
        chief.post("/invoices", {"customer_id": party, "due_date": DUE, "lines": [{**LINE, "currency": code}]}),
    )
    yield "orders", chief.post("/orders", {"customer_id": party, "currency": code})
    line = {"item_id": goods, "quantity": 1, "unit_price": 5, "currency": code}
    yield "order lines", chief.post("/orders", {"customer_id": party, "lines": [line]})
    yield "contracts", chief.post("/contracts", {**CONTRACT, "party_id": party, "currency": code})
    yield "shipping", chief.post("/contracts", {**CONTRACT, "party_id": party, "shipping_currency": code})
    yield "accounts", chief.post("/accounts", {"code": f"9{code}", "name": "A", "type": "asset", "currency": code})
    yield "transactions", chief.post("/transactions", {**posting, "currency": code})
    lines = [{**one, "currency": code} for one in posting["lines"]]
    yield "transaction lines", chief.post("/transactions", {**posting, "lines": lines})


@pytest.mark.parametrize("code", sample(["BGN", "QQQ", "XXX"], "HRK", "XTS", "XAU"))
def test_nothing_new_is_written_in_them(world, code):
    for what, answer in documents(world, code):
        error = answer.refused(422)
        assert any("currency" in name for name in error["details"]), (what, error)


def test_until_its_last_day_a_currency_is_in_use(time_machine):
    customer = {"name": "Lev", "email": "lev@example.com", "currency": "BGN"}
    time_machine.move_to("2025-12-31T23:59:00Z", tick=False)
    pk = create_party(kind=PartyKind.CUSTOMER, values={**customer}, actor=SYSTEM)
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    with pytest.raises(Invalid) as caught:
        create_party(kind=PartyKind.CUSTOMER, values={**customer}, actor=SYSTEM)
    assert caught.value.details == {"currency": NOT_IN_USE_MESSAGE}
    for change, refused in [
        ({"name": "New", "currency": "BGN"}, False),
        ({"currency": "HRK"}, True),
        ({"currency": "EUR"}, False),
        ({"currency": "BGN"}, True),
    ]:
        with pytest.raises(Invalid) if refused else nullcontext():
            update_party(kind=PartyKind.CUSTOMER, pk=pk, values=change, actor=SYSTEM)


@pytest.mark.parametrize("day, refused", [("2025-12-31", False), ("2026-01-01", True)])
def test_the_journal_takes_a_currency_of_the_day_of_the_entry(world, day, refused):
    answer = world.chief.post("/transactions", {**world.posting(), "currency": "BGN", "date": day})
    assert answer.refused(422, "currency") if refused else answer.ok(201)


def test_documents_of_before_are_settled_in_their_currency(world):
    """Existing documents in BGN can be paid, cancelled and changed, but no new document can be created from them."""
    sent, other, draft, order = world.invoice("send"), world.invoice("send"), world.invoice(), world.order("confirmed")
    rewrite("BGN")
    chief = world.chief
    body = {"amount": 1000, "method": "cash", "currency": "BGN"}
    assert chief.post(f"/invoices/{sent['id']}/payments", body).ok(201)["invoice_status"] == "paid"
    chief.post(f"/invoices/{other['id']}/cancel").ok()
    chief.post(f"/invoices/{draft['id']}/lines", {**LINE, "currency": "BGN"}).ok(201)
    chief.post(f"/orders/{order['id']}/invoice").refused(422, "currency")
    customer = chief.get(f"/customers/{sent['customer_id']}").ok()
    assert (customer.get("data") or customer)["currency"] == "BGN"
    error = chief.post("/invoices", {"customer_id": sent["customer_id"], "due_date": DUE}).refused(422, "currency")
    assert error["details"]["currency"].startswith("This currency is not in use.")


def test_what_was_read_can_be_written_back(world):
    """A client that reads a record, changes a field and puts it back sends the currency as well."""
    chief = world.chief
    paths = [
        f"/customers/{world.party()}",
        f"/catalog/items/{world.item()}",
        f"/contracts/{world.contract()}",
        f"/invoices/{world.invoice()['id']}",
        f"/orders/{world.order()['id']}",
    ]
    rewrite("BGN")
    for path in paths:
        shown = chief.get(path).ok()
        found = shown.get("data") or shown
        written = {**found, **found.get("payment_terms", {})}
        written.pop("address", None)  # the first of the addresses, which are sent as well
        chief.put(path, written).ok()
        if found.get("lines"):
            chief.put(f"{path}/lines/{found['lines'][0]['id']}", found["lines"][0]).ok()
        again = chief.get(path).ok()
        assert "BGN" in str(again), path


def test_a_form_keeps_the_currency_that_its_record_has(world):
    pk = world.item()
    rewrite("BGN")
    browser = Visitor(world.chief.user)
    shown = browser.get(f"/admin/inventory/item/{pk}/change/").content.decode()
    assert '<option value="BGN" selected>' in shown
    assert '<option value="HRK"' not in shown
    assert '<option value="XXX"' not in shown


def test_the_table_of_withdrawn_currencies():
    digits = {code for code, found in WITHDRAWN_CURRENCIES.items() if found.digits == 0}
    assert {"ITL", "ESP", "BEF", "BYR", "TRL"} <= digits
    assert len(WITHDRAWN_CURRENCIES) == 129
    assert str(WITHDRAWN_CURRENCIES["BGN"].last_day) == "2025-12-31"
    assert str(WITHDRAWN_CURRENCIES["HRK"].last_day) == "2022-12-31"
    assert all(found.digits in (0, 2) for found in WITHDRAWN_CURRENCIES.values())
    assert all(len(code) == 3 and code.isupper() for code in WITHDRAWN_CURRENCIES)
