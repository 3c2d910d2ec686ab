"""The pages of opening balances and open invoices."""

import datetime as dt

import pytest
from django.test import Client
from django.utils.translation import override

from accounting.models import Account, Entry
from accounting.tests.factories import net, tax_code
from billing.models import Invoice
from billing.tests.factories import customer
from skeleton.audit.actions import ACTIONS
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import user_with
from skeleton.kernel.days import today

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]

BALANCES, INVOICE = "/admin/opening-balances/", "/admin/open-invoice/"
RIGHTS = ("accounting:*", "invoices:read", "customers:read")


@pytest.fixture
def clerk():
    client = Client()
    client.force_login(user_with(*RIGHTS, email="clerk@example.com"))
    return client


def row(code, side):
    return f"row-{Account.objects.get(code=code).pk}-{side}"


def test_the_balances_of_all_accounts_on_one_page(clerk):
    shown = clerk.get(BALANCES).content.decode()
    assert row("1200", "debit") in shown
    assert row("1300", "debit") not in shown, "receivables follow from documents"
    assert row("5300", "debit") not in shown, "the year begins without costs"
    assert row("3100", "debit") not in shown, "it takes what the balances lack"
    sent = {"date": "2026-01-01", row("1200", "debit"): "1,250.50", row("2100", "credit"): "400"}
    done = clerk.post(BALANCES, sent, follow=True)
    assert "The opening balances are posted." in done.content.decode()
    assert "Opening balances" in done.content.decode()
    assert (net("1200"), net("2100"), net("3100")) == (125050, -40000, -85050)
    with override("de"):
        assert Entry.objects.get().shown_as == "Eröffnungswerte"
    assert AuditEntry.objects.filter(action="open").exists()
    assert "open" in ACTIONS


def test_errors_are_shown_at_their_row(clerk):
    both = {"date": "2026-01-01", row("1200", "debit"): "5", row("1200", "credit"): "5"}
    refused = clerk.post(BALANCES, both)
    assert refused.status_code == 200
    assert "Exactly one of debit and credit must be over 0." in refused.content.decode()
    nothing = clerk.post(BALANCES, {"date": ""})
    assert nothing.context["form"].non_field_errors() == ["Give balances or open invoices."]
    assert Entry.objects.count() == 0


def test_a_day_in_the_future(clerk):
    sent = {"date": str(today() + dt.timedelta(days=1)), row("1200", "debit"): "5"}
    assert "Must not be in the future." in clerk.post(BALANCES, sent).content.decode()
    assert Entry.objects.count() == 0


def test_an_open_invoice(clerk):
    acme = customer(name="Acme", currency="EUR")
    sent = {
        "date": "2026-01-01",
        "customer_id": str(acme.pk),
        "number": "R 0815",
        "issue_date": "2025-11-20",
        "due_date": "2025-12-20",
        "amount": "119.00",
        "tax_rate": "19",
        "tax": "19.00",
    }
    done = clerk.post(INVOICE, sent, follow=True).content.decode()
    assert "The invoice R 0815 is taken over." in done
    made = Invoice.objects.get()
    assert (made.total, made.tax_total, made.currency, made.origin) == (11900, 1900, "EUR", "imported")
    twice = clerk.post(INVOICE, sent)
    assert twice.context["form"].errors == {"number": ["Another document already has this number."]}


def test_a_tax_that_was_left_out_is_told_as_what_the_amount_contains(clerk):
    code = tax_code("DE19", rate=19)
    acme = customer(name="Acme", currency="EUR")
    days = {"date": "2026-01-01", "issue_date": "2025-11-20", "due_date": "2025-12-20"}
    sent = {**days, "customer_id": str(acme.pk), "number": "R 0815", "amount": "1190.00", "tax_code": str(code.pk)}
    refused = clerk.post(INVOICE, sent).context["form"].errors["tax"]
    expected = "At 19 percent, 1,190.00 EUR contains 190.00 EUR of tax. The tax may differ from it by rounding only."
    assert refused == [expected]
    assert "is taken over" in clerk.post(INVOICE, {**sent, "tax": "190"}, follow=True).content.decode()


def test_only_for_those_who_may_write_accounting():
    client = Client()
    client.force_login(user_with("accounting:read", "invoices:*"))
    for address in (BALANCES, INVOICE):
        assert client.get(address).status_code == 403
        assert client.post(address, {}).status_code == 403
