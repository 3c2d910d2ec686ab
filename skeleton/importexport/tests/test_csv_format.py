"""The format of CSV files: offered by the language of the page, kept for the user, and read by imports."""

import csv
import io

import pytest

from billing.tests.factories import line, sent
from inventory.models import Item
from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

INVOICES, ITEMS = "/admin/billing/invoice/", "/admin/inventory/item/"
LABEL = 'name="csv_format"'


def choose(client, csv_format, language="de"):
    client.post("/admin/language/", {"language": language, "next": "/admin/"})
    return client.post("/admin/csv-format/", {"csv_format": csv_format, "next": f"{INVOICES}?q=x"})


def test_the_choice_is_offered_where_it_makes_a_difference_and_kept(clerk):
    assert LABEL not in clerk.get(INVOICES).content.decode()
    answer = choose(clerk, "local")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{INVOICES}?q=x")
    assert User.objects.get(pk=clerk.user.pk).csv_format == "local"
    last = present(AuditEntry.objects.order_by("-id").first())
    assert (last.actor_email, last.changes) == (clerk.user.email, {"csv_format": ["plain", "local"]})
    for page in (INVOICES, "/admin/vat/?from_date=2026-01-01&to_date=2026-12-31"):
        assert '<option value="local" selected>' in clerk.get(page).content.decode()


@pytest.mark.parametrize("csv_format", ["tabs", ""])
def test_other_formats_change_nothing(clerk, csv_format):
    assert choose(clerk, csv_format).status_code == 302
    assert User.objects.get(pk=clerk.user.pk).csv_format == "plain"
    assert clerk.get("/admin/csv-format/").status_code == 405


@pytest.mark.usefixtures("chart")
@pytest.mark.parametrize(
    ("language", "csv_format", "separator", "amount"),
    [
        ("de", "local", ";", "1234,50"),
        ("uk", "local", ";", "1234,50"),
        ("de", "plain", ",", "1234.50"),
        ("en", "local", ",", "1234.50"),
    ],
)
def test_lists_and_reports_have_the_chosen_format(clerk, language, csv_format, separator, amount):
    sent(line(unit_price=123_450))
    choose(clerk, csv_format, language)
    for address, column in ((f"{INVOICES}export.csv", "total"), ("/admin/receivables-aging/?format=csv", "total")):
        text = b"".join(clerk.get(address)).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=separator))
        assert rows[0][column] == amount
        assert f'"{amount}"' not in text


def test_what_was_exported_is_read_back(clerk):
    clerk.take(ITEMS, "sku,name,unit_price\nA,Paper,1234.50\n")
    choose(clerk, "local")
    exported = clerk.export(ITEMS).decode()
    assert ";1234,50;" in exported
    assert clerk.check(ITEMS, exported).report["counts"]["unchanged"] == 1
    clerk.take(ITEMS, exported.replace(";1234,50;", ";1000,75;"))
    assert Item.objects.get().unit_price == 100_075
