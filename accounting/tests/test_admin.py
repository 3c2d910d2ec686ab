"""Accounting in the back office."""

import pytest
from django.test import Client

from accounting.closing_models import YearClosing
from accounting.fiscal_years import fiscal_year_of
from accounting.models import Account, Entry, Period
from accounting.tests.factories import post
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import user_in_role
from skeleton.kernel.days import today

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]

ACCOUNTS, ENTRIES, PERIODS, YEARS = (
    f"/admin/accounting/{name}/" for name in ("account", "entry", "period", "yearclosing")
)


@pytest.fixture
def clerk():
    client = Client()
    client.force_login(user_in_role("admin", name="Carl Clerk", email="carl@example.com"))
    return client


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_accounts_show_their_balances(clerk):
    entry = post("1200", "4000", 155_000, description="A sale")
    assert "1,550.00 USD" in page(clerk, ACCOUNTS)
    bank = page(clerk, f"{ACCOUNTS}{Account.objects.get(code='1200').pk}/change/")
    assert "1,550.00 USD" in bank
    assert f"{ENTRIES}{entry}/change/" in bank


def test_an_account_is_opened_and_changed_by_the_services(clerk):
    parent = Account.objects.get(code="1000")
    sent = {
        "code": "1010",
        "name": "Cash",
        "type": "asset",
        "parent": str(parent.pk),
        "currency": "",
        "is_active": "on",
    }
    assert clerk.post(f"{ACCOUNTS}add/", sent).status_code == 302
    cash = Account.objects.get(code="1010")
    assert (cash.parent, cash.currency) == (parent, None)
    assert clerk.post(f"{ACCOUNTS}{cash.pk}/change/", {**sent, "name": "Till"}).status_code == 302
    assert AuditEntry.objects.filter(resource_id=cash.pk).latest("id").changes == {"name": ["Cash", "Till"]}
    refused = clerk.post(f"{ACCOUNTS}add/", {**sent, "code": "1011", "type": "equity"})
    assert "Account 1000 is of type asset" in refused.content.decode()


def test_a_transaction_is_read_and_reversed(clerk):
    entry = post("1200", "4000", 155_000, description="A sale", reference="R-7")
    assert "R-7" in page(clerk, ENTRIES)
    shown = page(clerk, f"{ENTRIES}{entry}/change/")
    assert "1200 Bank" in shown
    assert clerk.post(f"{ENTRIES}{entry}/change/", {"description": "x"}).status_code == 403
    acted = clerk.post(f"{ENTRIES}{entry}/reverse/", {"date": "", "description": "Typed twice"}, follow=True)
    assert "The transaction is reversed." in acted.content.decode()
    assert Entry.objects.get(reverses=entry).description == "Typed twice"


def test_a_period_closes_and_opens(clerk):
    assert clerk.post(f"{PERIODS}add/", {"start_date": "2026-01-01", "end_date": "2026-01-31"}).status_code == 302
    period = Period.objects.get()
    clerk.post(f"{PERIODS}{period.pk}/close/")
    assert Period.objects.get().status == "closed"
    assert "2026" in page(clerk, f"{PERIODS}{period.pk}/change/")
    clerk.post(f"{PERIODS}{period.pk}/reopen/")
    assert Period.objects.get().status == "open"


def test_a_year_is_closed_and_reopened(clerk):
    post("1200", "4000", 155_000, day="2025-05-05")
    assert 'value="' in page(clerk, f"{YEARS}add/")
    assert clerk.post(f"{YEARS}add/", {"year": "2025"}).status_code == 302
    closing = YearClosing.objects.get()
    shown = page(clerk, f"{YEARS}{closing.pk}/change/")
    entry = Entry.objects.get(kind="closing")
    assert "1,550.00 USD" in shown
    assert f"{ENTRIES}{entry.pk}/change/" in shown
    assert f"{YEARS}{closing.pk}/change/" in page(clerk, f"{ENTRIES}{entry.pk}/change/")
    refused = clerk.post(f"{YEARS}add/", {"year": "2025"}).content.decode()
    assert "The year 2025 is already closed." in refused
    clerk.post(f"{YEARS}{closing.pk}/reopen/")
    assert YearClosing.objects.get().reopened_at
    assert clerk.post(f"{YEARS}add/", {"year": "1800"}).status_code == 200


def test_an_account_shows_the_balance_with_its_sub_accounts(clerk):
    post("1200", "3100", 155_000)
    top = Account.objects.get(code="1000")
    assert "1,550.00 USD" in page(clerk, f"{ACCOUNTS}{top.pk}/change/")


def test_closing_a_year_that_is_not_over_is_confirmed(clerk):
    year = fiscal_year_of(today())
    asked = clerk.post(f"{YEARS}add/", {"year": str(year.year)})
    (told,) = asked.context["adminform"].form.errors["early"]
    assert told.startswith(f"The year {year.label} is not over: it ends on ")
    assert not YearClosing.objects.exists()
    assert clerk.post(f"{YEARS}add/", {"year": str(year.year), "early": "on"}).status_code == 302
    assert YearClosing.objects.get().year == year.year
