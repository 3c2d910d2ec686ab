"""Details of pages that clerks stumbled over: what is offered, what it is called, and how nothing is shown."""

import re

import pytest

from accounting.closing_models import YearClosing
from accounting.models import Account, Entry
from accounting.services import close_year, create_account, reopen_year, update_account
from accounting.tests.factories import post, tax_code
from billing.models import Invoice
from billing.tests.factories import customer, draft, line, sent
from parties.models import Customer
from skeleton.backoffice.tests.test_money import received
from skeleton.company.models import Company
from skeleton.company.services import seed_company
from skeleton.identity.models import Role, User
from skeleton.identity.tests.factories import RoleFactory
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import today
from skeleton.office.columns import EMPTY

pytestmark = pytest.mark.django_db

CUSTOMERS, INVOICES = "/admin/parties/customer/", "/admin/billing/invoice/"
ACCOUNTS = "/admin/accounting/account/"


def text(response):
    return response.content.decode()


def page(invoice, action="change"):
    return f"{INVOICES}{invoice.pk}/{action}/"


@pytest.fixture
def german(chief):
    User.objects.filter(pk=chief.user.pk).update(language="de")
    return chief


def test_a_customer_without_a_credit_limit_has_none(clerk):
    buyer = customer(credit_limit=0)
    other = customer(credit_limit=123_400)
    listed = text(clerk.get(CUSTOMERS))
    assert re.findall(r"field-limit_money[^>]*>(?:<[^>]*>|\s)*([^<]*?)\s*<", listed) == ["1,234.00 USD", "none"]
    form = clerk.get(f"{CUSTOMERS}{buyer.pk}/change/").context["adminform"].form
    assert form["credit_limit"].value() is None
    form = clerk.get(f"{CUSTOMERS}{other.pk}/change/").context["adminform"].form
    assert form["credit_limit"].value() == "1234.00"
    assert Customer.objects.get(pk=buyer.pk).credit_limit == 0


def test_what_is_on_account_is_only_offered_where_there_is_some(clerk):
    invoice = sent(line(1000))
    assert page(invoice, "use-on-account") not in text(clerk.get(page(invoice)))
    received(invoice.customer, 500)
    assert page(invoice, "use-on-account") in text(clerk.get(page(invoice)))


def test_an_invoice_that_is_partly_written_off_is_not_cancelled(clerk):
    invoice = sent(line(1000))
    assert page(invoice, "cancel") in text(clerk.get(page(invoice)))
    clerk.post(page(invoice, "write-off"), {"amount": "1", "reason": "Rounding"})
    assert page(invoice, "cancel") not in text(clerk.get(page(invoice)))


def test_only_what_is_mailed_is_called_sent(clerk, office):
    quiet, mailed = draft(line(1000)), draft(line(1000))
    told = text(clerk.post(page(quiet, "send"), follow=True))
    assert f"{quiet.number} is issued." in told
    assert "e-mail to the customer" not in told
    told = text(clerk.post(page(mailed, "send"), {"email": "on"}, follow=True))
    assert f"{mailed.number} is issued. The e-mail to the customer is on its way." in told
    assert {one.get_status_display() for one in Invoice.objects.all()} == {"Issued"}


def test_words_of_bookkeepers(german):
    code = tax_code("DE19")
    sent(line(1000, tax_code=code.pk, tax_rate=code.rate))
    assert "S · Steuerpflichtig" in text(german.get("/admin/vat/"))
    statement = text(german.get("/admin/income-statement/"))
    assert "Ergebnis des Zeitraums" in statement
    assert "Jahresergebnis" not in statement
    assert "Jahresergebnis" in text(german.get("/admin/balance-sheet/"))
    seed_company()
    company = text(german.get(f"/admin/company/company/{Company.objects.get().pk}/change/"))
    assert re.search(r'<option value="7"[^>]*>Juli</option>', company)


def test_nothing_is_shown_alike(clerk):
    """Empty values of fields and of columns."""
    invoice = sent(line(1000))
    shown = text(clerk.get(page(invoice)))
    assert EMPTY in shown
    assert not re.search(r">\s*-\s*<", shown)


def test_seeded_accounts_are_named_in_the_language_of_the_page_until_they_are_renamed(german, books):
    receivable, revenue = Account.objects.get(code="1300"), Account.objects.get(code="4000")
    post("1300", "4000", 1000, day="2024-05-01")
    pages = (ACCOUNTS, "/admin/trial-balance/?to_date=2024-12-31", f"{ACCOUNTS}{receivable.pk}/change/")
    for address in pages:
        assert "Forderungen aus Lieferungen und Leistungen" in text(german.get(address)), address
    assert 'value="Accounts receivable"' in text(german.get(pages[-1])), "the form has what is stored"
    update_account(account_id=revenue.pk, values={"name": "Revenue of shops"}, actor=SYSTEM)
    for address in pages[:2]:
        assert "Revenue of shops" in text(german.get(address))
    named_alike = create_account(values={"code": "4900", "name": "Bank", "type": "revenue"}, actor=SYSTEM)
    assert Account.objects.get(pk=named_alike).shown_name == "Bank"
    assert receivable.name == "Accounts receivable"


def test_default_roles_are_named_in_the_language_of_the_page(german):
    page = f"/admin/identity/role/{Role.objects.get(name='viewer').pk}/change/"
    for address in ("/admin/identity/role/", page):
        assert "Leserecht" in text(german.get(address)), address
        assert "Nur Lesezugriff" in text(german.get(address)), address
    RoleFactory.create(name="Administrator", description="Administrator")
    assert str(Role.objects.get(name="Administrator")) == "Administrator"


@pytest.mark.parametrize("entered", ["2024/25", "24", "20245", "last year", "2024.5", "999999999999"])
def test_the_error_of_a_year_says_how_a_year_is_written(clerk, entered):
    answer = clerk.post("/admin/accounting/yearclosing/add/", {"year": entered})
    (error,) = answer.context["adminform"].form.errors["year"]
    assert error == f"Write a year of four digits, such as {today().year}."


def test_a_reopened_year_lists_the_closing_and_its_reversal(clerk):
    post("1200", "4000", 1000, day="2024-05-01")
    close_year(year=2024, actor=SYSTEM)
    closing = YearClosing.objects.get()
    address = f"/admin/accounting/yearclosing/{closing.pk}/change/"
    links = re.compile(r"/admin/accounting/entry/([0-9a-f-]{36})/change/")
    closed = Entry.objects.get(kind="closing")
    assert links.findall(text(clerk.get(address))) == [str(closed.pk)]
    reopen_year(year=2024, actor=SYSTEM)
    reversal = Entry.objects.get(reverses=closed)
    assert links.findall(text(clerk.get(address))) == [str(closed.pk), str(reversal.pk)]
