"""Imports: previews of changes, errors, and all-or-nothing application."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models import Account
from inventory.models import Item, Movement, Stock
from inventory.tests.factories import category, item, reserved, stocked, warehouse
from parties.choices import PartyKind
from parties.models import Customer, Party, Supplier
from parties.services import change_status, create_party, seed_countries
from skeleton.audit.models import AuditEntry
from skeleton.identity.models import UserRole
from skeleton.identity.tests.factories import actor_of
from skeleton.importexport import imports, processing
from skeleton.importexport.models import Import
from skeleton.importexport.tests.conftest import workbook
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

CUSTOMERS, SUPPLIERS = "/admin/parties/customer/", "/admin/parties/supplier/"
ITEMS, STOCK, ACCOUNTS = "/admin/inventory/item/", "/admin/inventory/stock/", "/admin/accounting/account/"


@pytest.fixture
def countries(db):
    seed_countries()


def customer(**values):
    fields = {"name": "Acme", "email": "acme@example.com", **values}
    return Party.objects.get(pk=create_party(kind=PartyKind.CUSTOMER, values=fields, actor=SYSTEM))


def told(import_):
    """Return the errors of a checked import by row and column."""
    return {(row["number"], column): text for row in import_.report["wrong"] for column, text in row["errors"].items()}


def text(response):
    return response.content.decode()


# --- what a file does -------------------------------------------------------------------------------------------------


def test_new_changed_and_unchanged_are_told_before_anything_is_written(clerk):
    known = customer(phone="+1 555", credit_limit=150000, currency="USD")
    customer(name="Same", email="same@example.com")
    file = (
        "name,email,phone,credit_limit,currency\n"
        "Acme,ACME@example.com,+1 666,2000.00,USD\n"
        "Same,same@example.com,,0,USD\n"
        "Fresh,fresh@example.com,,10.5,EUR\n"
    )
    checked = clerk.check(CUSTOMERS, file)
    assert checked.state == "checked", checked.message
    assert checked.report["counts"] == {"new": 1, "changed": 1, "unchanged": 1, "wrong": 0}
    changed, new = checked.report["rows"]
    assert changed["changes"] == {"phone": ["+1 555", "+1 666"], "credit_limit": ["1500.00", "2000.00"]}
    assert (new["state"], new["label"]) == ("new", "fresh@example.com · Fresh")
    page = text(clerk.get(clerk.page))
    assert "+1 666" in page
    assert "Apply" in page
    assert Customer.objects.count() == 2
    assert not AuditEntry.objects.filter(action="import").exists()

    assert clerk.apply().state == "done"
    known.refresh_from_db()
    assert (known.phone, known.credit_limit) == ("+1 666", 200000)
    fresh = Customer.objects.get(name="Fresh")
    assert (fresh.credit_limit, fresh.currency) == (1050, "EUR")
    entries = AuditEntry.objects.filter(action="import")
    assert {entry.actor_email for entry in entries} == {"carl@example.com"}
    assert entries.count() == 2


def test_every_row_that_is_wrong_says_which_column_and_why(clerk, countries):
    file = (
        "name;email;phone;country;credit_limit;currency;social_media\n"
        ";a@example.com;;;;;\n"
        "B;nonsense;;;;;\n"
        "C;c@example.com;call me;XX;x;XYZ;[1]\n"
        "D;d@example.com;;;1.0011;USD;\n"
        "E;e@example.com;;DE;;;\n"
        "E;E@example.com;;;;;\n"
    )
    refused = clerk.check(CUSTOMERS, file)
    assert refused.state == "refused"
    errors = told(refused)
    assert set(errors) == {
        (2, "name"),
        (3, "email"),
        (4, "credit_limit"),
        (5, "credit_limit"),
        (7, "email"),
    }
    assert errors[5, "credit_limit"] == "At most 2 decimals in this currency."
    assert errors[7, "email"] == "Row 6 is about the same record."
    page = text(clerk.get(clerk.page))
    assert "Nothing was changed" in page
    assert "At most 2 decimals" in page
    assert "Apply" not in page
    assert clerk.apply().state == "refused"
    assert not Customer.objects.exists()

    mended = file.replace(";x;XYZ", ";;XYZ")
    errors = told(clerk.check(CUSTOMERS, mended))
    assert {(4, "phone"), (4, "country"), (4, "currency"), (4, "social_media")} <= set(errors)
    assert "alpha-2" in errors[4, "country"]


def test_the_file_is_mended_and_tried_again(clerk):
    assert clerk.check(CUSTOMERS, "name,email\nAcme,nonsense").state == "refused"
    clerk.take(CUSTOMERS, "name,email\nAcme,acme@example.com")
    assert Customer.objects.get().email == "acme@example.com"


def test_an_empty_cell_clears_and_a_missing_column_does_not(clerk, countries):
    party = customer(phone="+1 555", tax_id="T1", address={"street": "Old 1", "city": "Bonn"})
    clerk.take(CUSTOMERS, f"id,phone,city,country\n{party.pk},,Ulm,de\n")
    party.refresh_from_db()
    place = party.addresses.get()
    assert (party.phone, party.tax_id, place.street, place.city, place.country.code) == (
        None,
        "T1",
        "Old 1",
        "Ulm",
        "DE",
    )
    refused = clerk.check(CUSTOMERS, f"id,name\n{party.pk},\n")
    assert told(refused) == {(2, "name"): "This field may not be null."}


def test_what_a_kind_needs_is_asked_for_at_its_column(clerk, countries):
    errors = told(clerk.check(SUPPLIERS, "name,email,city\nParts,parts@example.com,Bonn"))
    assert set(errors) == {(2, "street"), (2, "country")}
    clerk.take(SUPPLIERS, "name,email,street,city,country\nParts,parts@example.com,Road 1,Bonn,DEU")
    assert present(Supplier.objects.get().addresses.get().country).code == "DE"


def test_an_id_names_a_record_and_must_be_one_of_this_kind(clerk):
    party = customer()
    clerk.take(CUSTOMERS, f"id,name,email\n{party.pk},Renamed,new@example.com")
    party.refresh_from_db()
    assert (party.name, party.email) == ("Renamed", "new@example.com")
    for wrong in ("nonsense", "01972b15-8000-7000-8000-000000000001"):
        assert (2, "id") in told(clerk.check(CUSTOMERS, f"id,name,email\n{wrong},X,x@example.com"))
    assert (2, "id") in told(clerk.check(SUPPLIERS, f"id,name,email\n{party.pk},X,x@example.com")), (
        "a customer is no supplier"
    )


def test_two_of_the_same_name_and_e_mail_cannot_be_told_apart(clerk):
    customer()
    customer()
    errors = told(clerk.check(CUSTOMERS, "name,email,phone\nAcme,acme@example.com,+1 2"))
    assert errors[2, "email"].startswith("2 records")


def test_columns_that_are_only_shown_are_named_and_ignored(clerk):
    party = customer()
    checked = clerk.check(CUSTOMERS, f"id,status,total_purchases\n{party.pk},blacklisted,99")
    assert checked.report["counts"]["unchanged"] == 1
    assert set(checked.report["ignored"]) == {"status", "total_purchases"}
    assert "had no effect" in text(clerk.get(clerk.page))


@pytest.mark.parametrize(
    "file, said",
    [
        ("name,emial\n", "Unknown columns: emial"),
        ("name,email,Name\n", "more than once: name"),
        ("name,phone\n", "matched to records"),
        ("", "empty"),
        ("name,email\na,b,c\n", None),
    ],
)
def test_a_file_of_another_table_is_refused_at_the_form(clerk, file, said):
    answer = clerk.upload(CUSTOMERS, file)
    if said is None:
        assert clerk.latest().message == "Row 2 has more cells than the heading has names."
        return
    assert answer.status_code == 200
    assert said in str(answer.context["form"].errors)
    assert not Import.objects.exists()


def test_headings_are_read_as_people_write_them(clerk):
    clerk.take(CUSTOMERS, "Name,E-Mail,Tax ID\nAcme,acme@example.com,T7")
    assert Customer.objects.get().tax_id == "T7"


def test_the_page_shows_how_the_file_was_read(clerk):
    names = "Construções Ltda;a@example.com;1.234,50\nSão Paulo;b@example.com;7\n\nZ;z@example.com;2.000\n"
    checked = clerk.check(CUSTOMERS, f"name;email;credit_limit\n{names}".encode("cp1252"))
    assert checked.state == "checked", told(checked)
    assert checked.source["encoding"] == "cp1252"
    assert checked.report["numbers"] == {"notation": "comma", "samples": ["2.000"]}
    assert checked.report["empty"] == 1
    assert [row["changes"]["credit_limit"][1] for row in checked.report["rows"]] == ["1234.50", "7.00", "2000.00"]
    page = text(clerk.get(clerk.page))
    for shown in ("Windows-1252", "São Paulo", "semicolon", "1.234,50", "2000.00", "empty, passed over"):
        assert shown in page, shown


def test_an_encoding_that_is_not_certain_is_chosen_by_the_user(clerk):
    refused = clerk.check(CUSTOMERS, "name;email\nSão;a@example.com\n".encode("cp1252"))
    assert (refused.state, refused.message) == (
        "refused",
        "The encoding of this file is not certain. Choose one below.",
    )
    page = text(clerk.get(clerk.page))
    assert "Săo" in page
    assert "Windows-1252" in page
    answer = clerk.post(clerk.page, {"read_again": "1", "encoding": "cp1252", "notation": ""})
    assert answer.headers["Location"] != clerk.page
    clerk.page = answer.headers["Location"]
    assert clerk.latest().state == "checked"
    assert clerk.apply().state == "done"
    assert Customer.objects.get().name == "São"


@pytest.mark.parametrize("twins", [("1.000", "2.500"), ("1,000", "2,500")])
@pytest.mark.parametrize("notation", ["comma", "point"])
def test_numbers_that_could_be_two_are_refused_until_the_user_chooses(clerk, twins, notation):
    rows = "".join(f"C{n};c{n}@example.com;{twin}\n" for n, twin in enumerate(twins))
    refused = clerk.check(CUSTOMERS, f"name;email;credit_limit\n{rows}")
    assert set(told(refused)) == {(2, "credit_limit"), (3, "credit_limit")}
    assert "Not certain" in text(clerk.get(clerk.page))
    clerk.page = clerk.post(clerk.page, {"read_again": "1", "encoding": "", "notation": notation}).headers["Location"]
    assert clerk.latest().state == "checked", told(clerk.latest())
    is_group = ("." in twins[0]) == (notation == "comma")
    expected = ["1000.00", "2500.00"] if is_group else ["1.00", "2.50"]
    assert [row["changes"]["credit_limit"][1] for row in clerk.latest().report["rows"]] == expected


def test_only_the_owner_reads_a_file_again(clerk, chief):
    clerk.check(CUSTOMERS, "name,email\nAcme,acme@example.com")
    assert chief.post(clerk.page, {"read_again": "1"}).status_code == 404
    assert "read_again" in text(clerk.get(clerk.page))


def test_formulas_are_refused_where_they_stand(clerk):
    file = workbook([["name", "email", "phone"], ["Acme", "acme@example.com", "=1+1"]])
    assert told(clerk.check(CUSTOMERS, file, name="x.xlsx")) == {
        (2, "phone"): "Contains a formula. Replace it with its value."
    }


def test_numbers_of_a_spreadsheet_fit_where_texts_are_wanted(clerk):
    file = workbook([["name", "email", "tax_id", "credit_limit"], ["Acme", "acme@example.com", 12345.0, 0.1 + 0.2]])
    clerk.take(CUSTOMERS, file, name="x.xlsx")
    assert (Customer.objects.get().tax_id, Customer.objects.get().credit_limit) == ("12345", 30)


# --- items, stock, accounts -------------------------------------------------------------------------------------------


def test_items_find_their_category_by_its_path(clerk):
    tools = category("Tools")
    category("Small", parent=tools)
    category("Small", parent=category("Toys"))
    file = "sku,name,unit_price,currency,category,tax_rate,attributes\n{}"
    ambiguous = file.format("A-1,Saw,15.50,EUR,Small,20,\nA-2,Saw,1,EUR,Nothing,,")
    errors = told(clerk.check(ITEMS, ambiguous))
    assert errors[2, "category"] == "There are 2 of this name: give the id."
    assert errors[3, "category"] == "There is nothing named Nothing."
    clerk.take(ITEMS, file.format('A-1,Saw,15.50,EUR,Tools / Small,"20,5","{""colour"": ""red""}"'))
    made = Item.objects.get(sku="A-1")
    assert (made.unit_price, present(made.category).name, present(made.category).parent_id, made.attributes) == (
        1550,
        "Small",
        tools,
        {"colour": "red"},
    )
    assert float(made.tax_rate) == 20.5
    clerk.take(ITEMS, "sku,category,attributes\nA-1,,")
    made.refresh_from_db()
    assert (made.category, made.attributes) == (None, {})


def test_a_count_is_booked_as_the_difference(clerk):
    row = stocked(10)
    other = warehouse(name="Far", code="FAR")
    sku = row.item.sku
    place = row.warehouse.code or row.warehouse.name
    file = f"sku,warehouse,quantity,reorder_point\n{sku},{place},7.5,3\n{sku},FAR,2,\n"
    checked = clerk.check(STOCK, file)
    assert checked.report["counts"] == {"new": 1, "changed": 1, "unchanged": 0, "wrong": 0}, told(checked)
    assert clerk.apply().state == "done"
    row.refresh_from_db()
    assert (float(row.quantity), float(row.reorder_point)) == (7.5, 3)
    movement = Movement.objects.filter(stock=row).latest("pk")
    assert (float(movement.quantity), movement.reason, movement.created_by_id) == (-2.5, "Stock count", clerk.user.pk)
    assert float(Stock.objects.get(warehouse=other).quantity) == 2
    errors = told(clerk.check(STOCK, f"sku,warehouse,quantity\n{sku},{place},-1\nNO-SUCH,{place},1\n"))
    assert set(errors) == {(2, "quantity"), (3, "sku")}


def test_a_count_below_what_is_held_names_the_row(clerk):
    row = stocked(10)
    reserved(row, 5)
    place = row.warehouse.code or row.warehouse.name
    refused = clerk.check(STOCK, f"sku,warehouse,quantity\n{row.item.sku},{place},4\n")
    assert refused.state == "refused"
    assert "stock" in next(iter(told(refused).values())).lower()


def test_accounts_may_stand_below_others_of_the_same_file(clerk, chart):
    refused = clerk.check(ACCOUNTS, "code,name,type,parent\n7010,Travel,expense,7000\n7000,Projects,expense,\n")
    assert told(refused) == {(2, "parent"): "Unknown account."}
    clerk.take(ACCOUNTS, "code,name,type,parent,is_active\n7000,Projects,expense,,yes\n7010,Travel,Expense,7000,ні\n")
    travel = Account.objects.get(code="7010")
    assert (present(travel.parent).code, travel.is_active) == ("7000", False)


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(countries, chart):
    customer(
        name="=cmd|' /C calc'!A0",
        email="evil@example.com",
        phone="+380 44 123-45-67",
        tax_id="007",
        currency="JPY",
        credit_limit=5,
        social_media={"x": "https://x.com/a,b;c"},
        address={"street": 'вул. "Лесі", 1\nдвір'},
    )
    customer(name="'=odd", email="o@example.com", website="https://example.com", currency="BHD", credit_limit=1001)
    customer(name="Long " + "x" * 200, email="l@example.com")
    change_status(
        kind=PartyKind.CUSTOMER, pk=customer(name="Gone", email="g@example.com").pk, action="blacklist", actor=SYSTEM
    )
    tools = category("Tools")
    for n in range(4):
        made = item(sku=f"00{n}", category_id=category(f"T{n}", parent=tools), attributes={"n": [n]})
        stocked(f"{n + 1}.125", item_id=made, warehouse_id=warehouse(code=f"W{n}"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("where", [CUSTOMERS, ITEMS, STOCK, ACCOUNTS])
def test_what_was_exported_changes_nothing_when_it_comes_back(chief, crowd, where, kind):
    content = chief.export(where, kind)
    checked = chief.check(where, content, name=f"back.{kind}")
    assert checked.state == "checked", told(checked)
    counts = checked.report["counts"]
    assert counts["unchanged"] > 3, counts
    assert (counts["new"], counts["changed"], counts["wrong"]) == (0, 0, 0), checked.report
    assert "nothing would change" in text(chief.get(chief.page))


# --- who, when and how large ------------------------------------------------------------------------------------------


def test_who_may_not_write_does_not_import(guest, staff):
    for address in ("import/", "import/template.csv", "import/01972b15-8000-7000-8000-000000000001/"):
        assert guest.get(f"{CUSTOMERS}{address}").status_code == 403
    assert "import/" not in text(guest.get(CUSTOMERS))
    assert staff("customers:write").get(f"{CUSTOMERS}import/").status_code == 403
    assert staff("customers:read", "customers:write").get(f"{CUSTOMERS}import/").status_code == 200


def test_an_import_is_its_owner_s_alone(clerk, chief):
    clerk.check(CUSTOMERS, "name,email\nAcme,acme@example.com")
    assert chief.get(clerk.page).status_code == 404
    assert chief.get(f"{clerk.page}progress/").status_code == 404
    assert chief.post(clerk.page).status_code == 404
    assert clerk.get(clerk.page.replace("customer", "supplier")).status_code == 404
    assert clerk.get(f"{CUSTOMERS}import/nonsense/").status_code == 404
    assert clerk.get(f"{clerk.page}progress/").json()["state"] == "checked"


def test_who_lost_the_permission_meanwhile_changes_nothing(clerk):
    clerk.check(CUSTOMERS, "name,email\nAcme,acme@example.com")
    UserRole.objects.filter(user=clerk.user).delete()
    imports.apply_import(import_id=clerk.latest().pk, actor=actor_of(clerk.user))
    assert clerk.latest().state == "refused"
    assert not Customer.objects.exists()


def test_what_changed_since_the_look_is_shown_again_first(clerk):
    party = customer()
    clerk.check(CUSTOMERS, "name,email,phone\nAcme,acme@example.com,+1 222\n")
    party.phone = "+9 999"
    party.save(update_fields=["phone"])
    again = clerk.apply()
    assert (again.state, again.message[:21]) == ("checked", "Something has changed")
    party.refresh_from_db()
    assert party.phone == "+9 999"
    assert clerk.apply().state == "done"
    party.refresh_from_db()
    assert party.phone == "+1 222"
    assert "not waiting" in text(clerk.post(clerk.page, follow=True))


def test_a_large_file_is_worked_on_by_a_job(clerk, monkeypatch):
    monkeypatch.setattr(imports, "MAX_INLINE_BYTES", 10)
    waiting = clerk.check(CUSTOMERS, "name,email\nAcme,acme@example.com\n")
    assert waiting.state == "checking"
    page = text(clerk.get(clerk.page))
    assert "being checked" in page
    assert f"{clerk.page}progress/" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%%work_on_import'")
        (args,) = cursor.fetchall()[-1]
    imports.work_on_import(**json.loads(args))
    assert clerk.latest().state == "checked"
    assert clerk.apply().state == "applying"
    imports.work_on_import(**json.loads(args))
    assert clerk.latest().state == "done"
    imports.work_on_import(**json.loads(args))
    assert Customer.objects.count() == 1


def test_a_fault_of_ours_is_told_and_leaves_nothing(clerk, monkeypatch):
    checked = clerk.check(CUSTOMERS, "name,email\nAcme,acme@example.com\nB,b@example.com\n")
    assert checked.state == "checked"
    monkeypatch.setattr(processing, "_errors", None)
    monkeypatch.setattr(processing, "_body", lambda *args: 1 / 0)
    assert clerk.apply().state == "failed"
    assert not Customer.objects.exists()
    assert "An internal error occurred" in text(clerk.get(clerk.page))


def test_old_files_are_forgotten(clerk):
    clerk.check(CUSTOMERS, "name,email\nAcme,acme@example.com\n")
    imports.delete_old_imports()
    assert Import.objects.count() == 1
    Import.objects.update(created_at="2020-01-01T00:00:00Z")
    imports.delete_old_imports()
    assert not Import.objects.exists()


def test_a_file_over_the_limit_is_refused(clerk, settings):
    settings.SKELETON_UPLOAD_LIMIT = 10
    answer = clerk.upload(CUSTOMERS, "name,email\nAcme,acme@example.com\n")
    assert "too large" in str(answer.context["form"].errors)
    answer = clerk.upload(CUSTOMERS, b"x" * 200_000)
    assert answer.status_code == 400, "not even read"
    assert not Import.objects.exists()


def test_templates_have_the_columns_that_can_be_filled_in(clerk):
    answer = clerk.get(f"{CUSTOMERS}import/template.csv")
    heading = b"".join(answer.streaming_content).decode("utf-8-sig").strip().split(",")
    assert heading[:3] == ["id", "name", "email"]
    assert not {"status", "total_purchases"} & set(heading)
    assert b"".join(clerk.get(f"{CUSTOMERS}import/template.xlsx").streaming_content).startswith(b"PK")


def test_looking_records_up_takes_a_few_queries_however_many_rows(clerk):
    """Only the write statements grow with the number of rows."""
    for n in range(12):
        customer(name=f"C{n}", email=f"c{n}@example.com")

    def cost(rows):
        file = "name,email\n" + "".join(f"C{n},c{n}@example.com\n" for n in range(rows))
        with CaptureQueriesContext(connection) as captured:
            clerk.check(CUSTOMERS, file)
        return len(captured)

    assert cost(12) == cost(3)
