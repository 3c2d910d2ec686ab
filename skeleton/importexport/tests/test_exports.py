"""Exports of every list contain exactly the visible rows, and no secrets."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils.timezone import localtime

from billing.tests.factories import cancelled, draft, line, sent
from inventory.tests.factories import stocked
from parties.choices import PartyKind
from parties.services import change_status, create_party
from skeleton.kernel.actors import SYSTEM
from skeleton.office.tables.spreadsheets import xlsx_chunks
from skeleton.office.tables.table import SECRET_FIELD_NAMES, table_for_model
from skeleton.testkit.screens import screens

pytestmark = pytest.mark.django_db

CUSTOMERS, INVOICES = "/admin/parties/customer/", "/admin/billing/invoice/"


@pytest.fixture(autouse=True)
def books(chart):
    """The chart of accounts, to which sent invoices are posted."""


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def customer(name, **values):
    fields = {"name": name, "email": f"{name.lower()}@example.com", **values}
    return create_party(kind=PartyKind.CUSTOMER, values=fields, actor=SYSTEM)


def test_the_filters_and_the_search_are_those_of_the_list(guest):
    customer("Anna")
    change_status(kind=PartyKind.CUSTOMER, pk=customer("Bert"), action="blacklist", actor=SYSTEM)
    assert {row["name"] for row in rows_of(guest.export(CUSTOMERS))} == {"Anna", "Bert"}
    assert [row["name"] for row in rows_of(guest.export(CUSTOMERS, q="ann"))] == ["Anna"]
    assert [row["name"] for row in rows_of(guest.export(CUSTOMERS, status__exact="blacklisted"))] == ["Bert"]
    assert [row["name"] for row in rows_of(guest.export(CUSTOMERS, o="-1"))] == ["Bert", "Anna"]
    page = guest.get(CUSTOMERS, {"q": "ann"}).content.decode()
    assert "export.csv?q=ann" in page
    assert "export.xlsx?q=ann" in page
    assert guest.get(f"{CUSTOMERS}export.csv", {"nonsense": "1"}).status_code == 400


def test_more_than_a_page_comes_and_as_it_is_read(guest):
    for n in range(60):
        customer(f"C{n}")
    answer = guest.get(f"{CUSTOMERS}export.csv")
    assert answer.streaming
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert len(rows_of(b"".join(answer.streaming_content))) == 60


def test_numbers_stay_numbers_and_texts_texts(guest):
    customer("=1+1", email="x@example.com", credit_limit=150050, currency="USD", tax_id="007", phone="+1 555")
    (row,) = rows_of(guest.export(CUSTOMERS))
    assert (row["name"], row["phone"], row["credit_limit"], row["tax_id"]) == ("'=1+1", "'+1 555", "1500.50", "007")
    sheet = openpyxl.load_workbook(io.BytesIO(guest.export(CUSTOMERS, "xlsx"))).active
    cells = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert (cells["name"].value, cells["name"].data_type) == ("=1+1", "s")
    assert (cells["credit_limit"].value, cells["credit_limit"].data_type) == (1500.5, "n")
    assert (cells["tax_id"].value, cells["tax_id"].data_type) == ("007", "s")


def test_documents_are_exported_in_whole_units(guest):
    made = sent(line(150050))
    draft()
    cancelled()
    assert len(rows_of(guest.export(INVOICES))) == 3
    (row,) = rows_of(guest.export(INVOICES, status__exact="sent"))
    assert (row["number"], row["total"], row["currency"], row["customer"]) == (
        made.number,
        "1500.50",
        "USD",
        made.customer_name,
    )
    assert row["issue_date"] == made.issue_date.isoformat()
    assert row["sent_at"].endswith("Z")


def test_a_workbook_has_real_dates_and_numbers_with_formats(guest):
    made = sent(line(150050))
    sheet = openpyxl.load_workbook(io.BytesIO(guest.export(INVOICES, "xlsx"))).active
    cells = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert cells["issue_date"].value.date() == made.issue_date
    assert cells["issue_date"].is_date
    assert abs(cells["sent_at"].value - localtime(made.sent_at).replace(tzinfo=None)) < dt.timedelta(seconds=2)
    assert (cells["total"].value, cells["total"].number_format) == (1500.5, "#,##0.00")


def test_dates_and_times_of_a_workbook_are_those_of_other_programs():
    rows: list[list[Any]] = [
        ["a", "b", "c", "d"],
        [dt.date(2026, 2, 28), dt.datetime(2026, 2, 28, 23, 59, 59), dt.time(6, 30), dt.date(1899, 12, 31)],
        [Decimal("5"), Decimal("1.250"), Decimal("0.1250"), Decimal("-3.10")],
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(xlsx_chunks(rows)))).active
    assert [cell.value for cell in sheet[2]] == [dt.datetime(2026, 2, 28), *rows[1][1:3], "1899-12-31"]
    assert [cell.number_format for cell in sheet[3]] == ["#,##0", "#,##0.000", "#,##0.0000", "#,##0.00"]
    assert [cell.value for cell in sheet[3]] == [5, 1.25, 0.125, -3.1]


def test_a_quantity_in_a_csv_can_be_read_in_one_way_only(guest):
    row = stocked("1.125")
    (exported,) = rows_of(guest.export("/admin/inventory/stock/"))
    assert exported["quantity"] == "1.1250"
    assert str(row.quantity).startswith("1.125")


def test_every_screen_can_be_exported_by_who_may_read_it_and_nothing_secret_is_in_it(chief, staff):
    sent(line(10))
    customer("Anna")
    nobody = staff("nothing:read")
    assert nobody.get(f"{CUSTOMERS}export.csv").status_code == 403
    for model, screen in screens().items():
        list_page = reverse(screen._route("changelist"))
        content = chief.export(list_page)
        heading = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert heading[0] == "id", model
        assert not [name for name in heading for word in SECRET_FIELD_NAMES if word in name], model
        assert openpyxl.load_workbook(io.BytesIO(chief.export(list_page, "xlsx"))).active["A1"].value == "id"
        seen, exported = nobody.get(list_page).status_code, nobody.get(f"{list_page}export.csv").status_code
        assert (seen != 403) == (exported == 200), model


def test_a_list_takes_the_same_queries_for_any_number_of_rows(guest, django_assert_max_num_queries):
    for n in range(30):
        customer(f"C{n}", address={"city": "Bonn"})
    with django_assert_max_num_queries(14):
        assert len(rows_of(guest.export(CUSTOMERS))) == 30


def test_a_model_s_own_table_shows_its_fields():
    names = table_for_model(type(draft())).names
    assert {"number", "customer", "total", "status"} <= set(names)
    assert "search_text" not in names


def test_a_file_is_named_in_the_language_of_the_page(guest):
    guest.user.language = "uk"
    guest.user.save(update_fields=["language"])
    named = guest.get(f"{CUSTOMERS}export.csv").headers["Content-Disposition"]
    assert named.startswith("attachment; filename*=utf-8''")


def test_an_import_speaks_the_language_of_the_page(clerk):
    clerk.user.language = "de"
    clerk.user.save(update_fields=["language"])
    clerk.check(CUSTOMERS, "name,email,credit_limit\nAcme,a@example.com,x\n")
    assert "Muss eine Zahl sein." in clerk.get(clerk.page).content.decode()
    assert "Eindeutig" in clerk.get("/admin/inventory/item/import/").content.decode()
