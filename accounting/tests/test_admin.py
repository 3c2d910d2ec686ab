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


def entered(*lines, **fields):
    """Return what the form of a transaction sends: each line is the code of an account, a debit and a credit."""
    body = {"date": "2026-03-15", "description": "Rent", "reference": "R-1", "currency": "", **fields}
    body |= {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": 0}
    for n, (code, debit, credit) in enumerate(lines):
        pk = Account.objects.get(code=code).pk if code else ""
        values = {"account_id": pk, "debit": debit, "credit": credit, "description": ""}
        body |= {f"lines-{n}-{name}": value for name, value in values.items()}
    return body


def test_a_transaction_is_recorded_by_hand(clerk):
    assert f"{ENTRIES}add/" in page(clerk, ENTRIES)
    sent = entered(("5300", "1,500.25", ""), ("1200", "", "1500.25"), ("", "", ""), currency="EUR")
    assert clerk.post(f"{ENTRIES}add/", sent).status_code == 302
    entry = Entry.objects.get()
    told = (str(entry.date), entry.description, entry.reference, entry.source_type, entry.kind)
    assert told == ("2026-03-15", "Rent", "R-1", "manual", "ordinary")
    lines = entry.lines.order_by("position").values_list("account__code", "debit", "credit", "currency")
    assert list(lines) == [("5300", 150_025, 0, "EUR"), ("1200", 0, 150_025, "EUR")]
    assert AuditEntry.objects.filter(resource_id=entry.pk, action="post", actor_email="carl@example.com").exists()
    clerk.post(f"{ENTRIES}add/", entered(("5300", "1", ""), ("1200", "", "1"), date="", reference=""))
    assert Entry.objects.latest("id").date == today()


@pytest.mark.parametrize(
    "lines, told",
    [
        ([("5300", "10", ""), ("1200", "", "9")], "Debits and credits are not equal: 10.00 USD against 9.00 USD."),
        ([("5300", "10", "10"), ("1200", "", "9")], "Exactly one of debit and credit must be over 0."),
        ([("1300", "10", ""), ("4000", "", "10")], "override"),
        ([("5300", "10", "")], "2"),
    ],
)
def test_a_transaction_that_is_refused_keeps_what_was_entered(clerk, lines, told):
    answer = clerk.post(f"{ENTRIES}add/", entered(*lines))
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert told in shown
    assert 'value="R-1"' in shown
    assert not Entry.objects.exists()


def test_accounts_to_choose_from_take_postings(clerk):
    offered = {one["text"].split()[0] for one in clerk.get(f"{ACCOUNTS}pick/", {"term": "1"}).json()["results"]}
    assert "1200" in offered
    assert "1000" not in offered, "it has sub-accounts"


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
