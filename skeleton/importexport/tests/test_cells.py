"""Cells of workbooks and CSV files that programs have changed: read as people see them, or refused where they stand."""

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from inventory.models import Item
from parties.models import Customer
from skeleton.importexport.reader.formats import is_date_format, shown
from skeleton.importexport.tests.conftest import workbook
from skeleton.importexport.tests.hostile import HEADING, book, row, sheet, text

pytestmark = pytest.mark.django_db

CUSTOMERS, ITEMS = "/admin/parties/customer/", "/admin/inventory/item/"
STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>'
    '<xf numFmtId="9"/></cellXfs></styleSheet>'
)


def told(import_):
    return {(row["number"], column): text for row in import_.report["wrong"] for column, text in row["errors"].items()}


def with_formats(cells, **formats):
    """Return a workbook with one customer, whose cells have number formats."""
    made = openpyxl.Workbook()
    made.active.append(["name", "email", *cells])
    made.active.append(["Acme", "acme@example.com", *cells.values()])
    for name, code in formats.items():
        made.active.cell(2, 3 + list(cells).index(name)).number_format = code
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def with_formats_by_xlsxwriter(cells, **formats):
    """Return the same workbook as another program writes it: with shared strings and formats of its own."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, ["name", "email", *cells])
        page.write_row(1, 0, ["Acme", "acme@example.com"])
        for at, (name, value) in enumerate(cells.items(), 2):
            page.write(1, at, value, made.add_format({"num_format": formats.get(name, "General")}))
    return buffer.getvalue()


WRITERS = (with_formats, with_formats_by_xlsxwriter)


@pytest.mark.parametrize(
    "value, code, found",
    [
        (1067, "00000", "01067"),
        (1067, "00000-0000", "00000-1067"),
        (12345678, "00\\-000000", "12-345678"),
        (7, '"No. "0', "No. 7"),
        (7, "0000;-0000", "0007"),
        (7, "[Red]000", "007"),
        (0.2, "0%", "20%"),
        (0.195, "0.0%", "19.5%"),
        (1.5, "[h]:mm", "36:00"),
        (1.5, "[h]:mm:ss", "36:00"),
        (5, "0", None),
        (1067, "General", None),
        (1067, "0.00", None),
        (1234, "#,##0", None),
        (5, "_-* #,##0 €_-", None),
        (0.5, "00000", None),
    ],
)
def test_a_number_is_shown_as_its_format_says(value, code, found):
    assert shown(value, code) == found
    assert not is_date_format(code)


@pytest.mark.parametrize("write", WRITERS)
def test_leading_zeros_of_a_format_are_part_of_a_text_and_not_of_a_number(clerk, write):
    file = write({"tax_id": 1067, "credit_limit": 1067}, tax_id="00000", credit_limit="00000")
    clerk.take(CUSTOMERS, file, name="x.xlsx")
    assert (Customer.objects.get().tax_id, Customer.objects.get().credit_limit) == ("01067", 106700)


def test_leading_zeros_in_a_workbook_written_by_hand(clerk):
    cells = text("Acme") + text("a@example.com") + '<c s="1"><v>1067</v></c>'
    heading = row(1, text("name"), text("email"), text("tax_id"))
    clerk.take(CUSTOMERS, book(heading + row(2, cells), styles=STYLES), name="x.xlsx")
    assert Customer.objects.get().tax_id == "01067"


@pytest.mark.parametrize("code, value", [("0%", 0.2), ("[h]:mm", 1.5)])
def test_a_number_that_is_shown_as_another_one_is_refused(clerk, code, value):
    checked = clerk.check(CUSTOMERS, with_formats({"credit_limit": value}, credit_limit=code), name="x.xlsx")
    assert "Write it as a plain number" in told(checked)[2, "credit_limit"]


@pytest.mark.parametrize(
    "error", ["#N/A", "#NV", "#Н/Д", "#REF!", "#BEZUG!", "#WERT!", "#ЗНАЧ!", "#DIV/0!", "######", "Err:502"]
)
def test_errors_are_refused_where_they_stand(clerk, error):
    expected = {(2, "name"): "Contains an error such as #N/A. Replace it with a value."}
    assert told(clerk.check(CUSTOMERS, f"name,email\n{error},a@example.com\n")) == expected
    file = workbook([["name", "email"], [error, "a@example.com"]])
    assert told(clerk.check(CUSTOMERS, file, name="x.xlsx")) == expected


@pytest.mark.parametrize("cell", ["1.23457E+11", "1,23457E+11", "1E+11", 1.2345678901234567e18])
def test_an_id_that_has_lost_digits_is_refused(clerk, cell):
    checked = clerk.check(
        CUSTOMERS, workbook([["name", "email", "tax_id"], ["A", "a@example.com", cell]]), name="x.xlsx"
    )
    assert "digits" in told(checked)[2, "tax_id"]


def test_what_only_looks_like_scientific_notation_is_a_text(clerk):
    clerk.take(ITEMS, "sku,name,unit_price\n1E10,Saw,5\n")
    assert Item.objects.get().sku == "1E10"


def test_merged_cells_are_refused_inside_of_the_table_only(clerk):
    made = openpyxl.load_workbook(
        io.BytesIO(workbook([["name", "email"], ["A", "a@example.com"], ["B", "b@example.com"]]))
    )
    made.active.merge_cells("D1:E9")
    made.active.merge_cells("A20:B20")
    buffer = io.BytesIO()
    made.save(buffer)
    assert clerk.check(CUSTOMERS, buffer.getvalue(), name="x.xlsx").state == "checked"
    made.active.merge_cells("A2:A3")
    buffer = io.BytesIO()
    made.save(buffer)
    errors = clerk.upload(CUSTOMERS, buffer.getvalue(), name="x.xlsx").context["form"].errors
    assert errors["file"] == ["The cells A2:A3 are merged. Split them, and write the value into each row."]
    by_hand = sheet(HEADING + row(2, text("A"), text("a@example.com")))
    by_hand = by_hand.replace("</worksheet>", '<mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>')
    errors = clerk.upload(CUSTOMERS, book(sheet1=by_hand), name="x.xlsx").context["form"].errors
    assert "A1:B2 are merged" in errors["file"][0]


def test_dates_booleans_and_apostrophes_become_texts(clerk):
    day = dt.datetime(2026, 11, 2)
    rows: list[list[Any]] = [["name", "email", "tax_id"], ["A", "a@example.com", day], ["B", "b@example.com", True]]
    clerk.take(CUSTOMERS, workbook(rows), name="x.xlsx")
    clerk.take(CUSTOMERS, "name,email,tax_id\nC,c@example.com,'007\n't Hooft,d@example.com,0007\n")
    found = dict(Customer.objects.values_list("name", "tax_id"))
    assert found == {"A": "2026-11-02", "B": "true", "C": "007", "'t Hooft": "0007"}


def test_booleans_are_those_of_spreadsheets_in_their_languages(clerk, chart):
    words = ["WAHR", "FALSCH", "ІСТИНА", "ХИБНІСТЬ", "ИСТИНА", "ЛОЖЬ"]
    rows = "".join(f"70{n}0,N{n},expense,{word}\n" for n, word in enumerate(words))
    checked = clerk.check("/admin/accounting/account/", f"code,name,type,is_active\n{rows}")
    assert checked.state == "checked", told(checked)
