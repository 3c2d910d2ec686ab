"""Exports for accounting: the journal has a row for each line, and taxes have columns with numbers."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest

from accounting.models import Entry, Line
from billing.tests.factories import line, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]

JOURNAL, INVOICES = "/admin/accounting/entry/", "/admin/billing/invoice/"


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_journal_has_a_row_for_each_line(clerk):
    invoice = sent(line(10_000, tax_rate=19))
    rows = rows_of(clerk.export(JOURNAL))
    assert len(rows) == Line.objects.count() > 2
    for side in ("debit", "credit"):
        assert sum(Decimal(row[side]) for row in rows) == Decimal("119.00")
    entry = Entry.objects.get()
    assert {(row["entry"], row["date"], row["reference"]) for row in rows} == {
        (str(entry.pk), entry.date.isoformat(), invoice.number)
    }
    assert all(row["account"] and row["account_name"] for row in rows)
    assert rows_of(clerk.export(JOURNAL, q="nothing like this")) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_entries_are_described_in_the_language_of_the_reader(clerk, kind):
    sent(line(10_000))
    clerk.post("/admin/language/", {"language": "de", "next": "/admin/"})
    content = clerk.export(JOURNAL, kind)
    if kind == "csv":
        found = {row["description"] for row in rows_of(content)}
    else:
        heading, *lines = openpyxl.load_workbook(io.BytesIO(content)).active.values
        found = {cells[heading.index("description")] for cells in lines}
    entry = Entry.objects.get()
    assert len(found) == 1
    assert entry.description not in found
    assert found.pop().startswith("Rechnung")


def test_taxes_have_columns_with_numbers(clerk):
    sent(line(10_000, tax_rate=19), line(5_050, tax_rate="8.1"))
    sent(line(10_000, tax_rate=19))
    one, two = sorted(rows_of(clerk.export(INVOICES)), key=lambda row: row["tax_2_rate"])
    assert "tax_breakdown" not in one
    assert [one[f"tax_1_{part}"] for part in ("rate", "base", "tax")] == ["19", "100.00", "19.00"]
    assert [one[f"tax_2_{part}"] for part in ("category", "rate", "base", "tax")] == [""] * 4
    assert [two[f"tax_1_{part}"] for part in ("rate", "base", "tax")] == ["8.1", "50.50", "4.09"]
    assert [two[f"tax_2_{part}"] for part in ("rate", "base", "tax")] == ["19", "100.00", "19.00"]
    sheet = openpyxl.load_workbook(io.BytesIO(clerk.export(INVOICES, "xlsx"))).active
    cells = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert (cells["tax_1_base"].data_type, cells["tax_1_base"].number_format) == ("n", "#,##0.00")


def test_an_empty_list_has_the_columns_of_one_tax(clerk):
    heading = clerk.export(INVOICES).decode("utf-8-sig").split("\r\n", maxsplit=1)[0].split(",")
    assert [name for name in heading if name.startswith("tax_1_")] == [
        "tax_1_category",
        "tax_1_rate",
        "tax_1_base",
        "tax_1_tax",
    ]
    assert not [name for name in heading if name.startswith("tax_2_")]
