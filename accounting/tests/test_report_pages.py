"""The reports in the back office: readable, printable, with links from sums down to transactions."""

import csv
import datetime as dt
import io
import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounting.admin import reports
from accounting.models import Account
from accounting.tests.factories import post
from skeleton.identity.tests.factories import PASSWORD, user_in_role, user_with
from skeleton.office import pages
from skeleton.testkit.browser import PHONE, run_in_browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]

YEAR = dt.datetime.now(dt.UTC).year
BOOKS = ("trial-balance", "balance-sheet", "income-statement", "ledger")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reader():
    """A user who may only read accounting."""
    return signed_in(user_with("accounting:read", email="rita@example.com"))


def bank():
    return Account.objects.get(code="1200").pk


def text_of(answer, status=200):
    """Return the visible text in one line."""
    assert answer.status_code == status
    page = answer.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index('class="report"') :]).split())


def rows_of(answer):
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_every_page_is_for_those_who_may_read_its_resource(reader):
    outsider = signed_in(user_with("countries:read"))
    for page in pages.registered().values():
        allowed = signed_in(user_with(f"{page.resources[0]}:{page.permission}"))
        assert allowed.get(page.url).status_code == 200, page.name
        assert allowed.post(page.url).status_code == (200 if "POST" in page.methods else 405), page.name
        assert outsider.get(page.url).status_code == 403, page.name
        assert Client().get(page.url).status_code == 302, page.name
        assert page.url in allowed.get("/admin/").content.decode(), page.name
        assert page.url not in outsider.get("/admin/").content.decode(), page.name
    assert set(BOOKS) < set(pages.registered())


def test_a_trial_balance_as_of_a_day_and_within_days(reader):
    post("1200", "3100", 1_000_000, "2025-12-30")
    post("1200", "4000", 155_000, "2026-01-03")
    post("1200", "4000", 700, "2026-01-03", currency="EUR")
    page = text_of(reader.get("/admin/trial-balance/?to_date=2026-01-31"))
    assert "As of 31 Jan 2026" in page
    columns = "Opening debit Opening credit Debit Credit Closing debit Closing credit"
    assert f"EUR Code Account {columns} 1200 Bank 7.00 7.00 4000 Revenue 7.00 7.00 Total 0.00 0.00 7.00" in page
    assert "1200 Bank 10,000.00 1,550.00 11,550.00 3100 Opening capital 10,000.00 10,000.00" in page
    within = text_of(reader.get("/admin/trial-balance/?from_date=2026-01-01&to_date=2026-01-31"))
    assert "1 Jan 2026 – 31 Jan 2026" in within
    assert "3100 Opening capital 10,000.00 10,000.00" in within
    assert "nothing in these days" in text_of(reader.get("/admin/trial-balance/?to_date=2020-01-01"))


def test_an_account_that_was_cleared_is_part_of_the_trial_balance(reader, owner):
    post("1200", "3100", 1_000, "2025-12-30")
    post("1200", "2300", 500, "2026-01-03")
    post("2300", "1200", 500, "2026-01-04")
    page = text_of(reader.get("/admin/trial-balance/?to_date=2026-01-31"))
    assert "2300 Customer advances 5.00 5.00" in page
    assert "Total 10.00 10.00 10.00 10.00 10.00 10.00" in page
    (part,) = owner.get("/reports/trial-balance?as_of=2026-01-31").ok()["currencies"]
    assert [row["code"] for row in part["accounts"]] == ["1200", "3100"]
    assert part["total_movement"] == {"debit": 1_000, "credit": 1_000}


def test_statements_are_closed_by_their_sums(reader):
    post("1200", "3100", 500_000, f"{YEAR}-01-01")
    post("1200", "4000", 250_000, f"{YEAR}-01-02")
    post("5300", "1200", 300_000, f"{YEAR}-01-02")
    sheet = text_of(reader.get("/admin/balance-sheet/"))
    assert "Assets 1200 Bank 4,500.00 Total assets 4,500.00 Liabilities Total liabilities 0.00" in sheet
    assert "Net income -500.00 Total equity 4,500.00 Total liabilities and equity 4,500.00" in sheet
    income = text_of(reader.get("/admin/income-statement/"))
    assert f"1 Jan {YEAR} – " in income
    assert "Revenue 4000 Revenue 2,500.00 Total revenue 2,500.00" in income
    assert "Expenses 5300 Rent 3,000.00 Total expenses 3,000.00 Net income -500.00" in income


def test_the_csv_is_that_of_the_api(reader, owner):
    post("1200", "4000", 155_000, "2026-01-03")
    for name in BOOKS[:3]:
        asked = {"from_date": "2026-01-01", "to_date": "2026-01-31", "format": "csv"}
        page = rows_of(reader.get(f"/admin/{name}/?{urlencode(asked)}"))
        assert page == rows_of(owner.get(f"/reports/{name}", **asked).response), name
    asked = {"account": bank(), "from_date": "2026-01-01", "to_date": "2026-01-31", "format": "csv"}
    ledger = owner.get(f"/accounts/{bank()}/ledger", from_date="2026-01-01", to_date="2026-01-31", format="csv")
    assert rows_of(reader.get(f"/admin/ledger/?{urlencode(asked)}")) == rows_of(ledger.response)


def test_a_ledger_between_two_balances(reader, monkeypatch):
    monkeypatch.setattr(reports, "LINES_PER_PAGE", 3)
    post("1200", "3100", 900, "2025-12-31", currency="EUR")
    post("1200", "3100", 1_000_000, "2025-12-31")
    for day in range(1, 6):
        post("5300", "1200", 80_000, f"2026-01-0{day}", description=f"Rent {day}", reference=f"R-{day}")
    asked = urlencode({"account": bank(), "from_date": "2026-01-01", "to_date": "2026-01-31"})
    answer = reader.get(f"/admin/ledger/?{asked}")
    page = text_of(answer)
    assert "Account ledger: 1200 Bank 1 Jan 2026 – 31 Jan 2026" in page
    assert "EUR Date Transaction Reference Debit Credit Balance Opening balance 9.00 Carried forward 9.00" in page
    assert "Opening balance 10,000.00 1 Jan 2026 Rent 1 R-1 800.00 9,200.00" in page
    assert "Carried forward 7,600.00" in page
    (next_page_url,) = re.findall(r'report-further"><a href="([^"]+)"', answer.content.decode())
    rest = text_of(reader.get(next_page_url.replace("&amp;", "&")))
    assert "Brought forward 7,600.00 4 Jan 2026 Rent 4 R-4 800.00 6,800.00" in rest
    assert "Closing balance 6,000.00" in rest
    assert "EUR" not in rest
    assert "Further lines" not in rest


def test_a_ledger_on_the_credit_side(reader):
    post("1200", "4000", 2_000, "2025-12-31")
    revenue = Account.objects.get(code="4000").pk
    page = text_of(reader.get(f"/admin/ledger/?account={revenue}&from_date=2026-01-01&to_date=2026-01-31"))
    assert "Opening balance 20.00 Closing balance 20.00" in page


def test_from_a_sum_to_the_ledger_to_the_transaction_and_back(reader):
    entry = post("1200", "4000", 155_000, "2026-03-03", description="A sale")
    sums = reader.get("/admin/trial-balance/?to_date=2026-03-31").content.decode()
    (ledger,) = re.findall(r'<a href="([^"]+)">Bank</a>', sums)
    lines = reader.get(ledger.replace("&amp;", "&")).content.decode()
    (transaction,) = re.findall(r'<a href="([^"]+)">A sale</a>', lines)
    shown = reader.get(transaction)
    assert transaction == f"/admin/accounting/entry/{entry}/change/"
    back = f"/admin/ledger/?account={bank()}&amp;from_date=2026-03-01&amp;to_date=2026-03-03"
    assert f'href="{back}">1200 Bank</a>' in shown.content.decode()
    assert "A sale" in text_of(reader.get(back.replace("&amp;", "&")))
    account = reader.get(f"/admin/accounting/account/{bank()}/change/").content.decode()
    assert f"/admin/ledger/?account={bank()}&amp;from_date={YEAR}-01-01" in account


@pytest.mark.parametrize(
    "asked, told",
    [
        ("trial-balance/?to_date=31.12.2026", "Enter a valid date."),
        ("trial-balance/?from_date=2026-02-01&to_date=2026-01-01", "Must not be after the last day."),
        ("receivables-aging/?as_of=tomorrow", "Enter a valid date."),
        ("ledger/?to_date=2026-01-01", "This field is required."),
        ("ledger/?account=1200", "is not a valid UUID."),
        ("ledger/?account={bank}&cursor=nonsense", "The cursor is not valid."),
    ],
)
def test_what_cannot_be_told_is_said_at_its_field(reader, asked, told):
    assert told in text_of(reader.get(f"/admin/{asked.format(bank=bank())}"), 400)


def test_a_ledger_is_asked_for_before_it_is_shown(reader):
    page = text_of(reader.get("/admin/ledger/"))
    assert "This field is required" not in page
    assert "Print" not in page


@pytest.mark.django_db(transaction=True)
def test_in_a_browser_and_on_paper(live_server):
    post("1200", "3100", 1_000_000, f"{YEAR}-01-01", description="Opening capital")
    user_in_role("admin", name="Carl Clerk", email="carl@example.com")

    def story(window):
        page = window.go("/admin/")
        page.get_by_label("E-mail").fill("carl@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page = window.go("/admin/balance-sheet/")
        expect(page.get_by_role("button", name="Print")).to_be_visible()
        window.screenshot("balance-sheet")
        page.get_by_role("link", name="Bank").click()
        expect(page.get_by_role("heading", name="Account ledger: 1200 Bank")).to_be_visible()
        window.screenshot("ledger")
        page.emulate_media(media="print")
        expect(page.get_by_text("Closing balance")).to_be_visible()
        for hidden in ("#report-form", "#nav-sidebar", "#header-inner"):
            expect(page.locator(hidden)).not_to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        window.screenshot("ledger-printed")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        window.screenshot("ledger-phone")
        page.get_by_role("link", name="Opening capital").click()
        expect(page.get_by_text("3100 Opening capital")).to_be_visible()

    run_in_browser(story, live_server.url)
