"""The company's screen: its form, bank accounts, the logo, and the guide of an empty installation."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounting.tests.factories import account, post
from skeleton.company.models import Company
from skeleton.company.queries import seller
from skeleton.company.services import seed_company
from skeleton.company.tests.factories import IBAN, picture, set_up
from skeleton.files.models import File
from skeleton.files.tests.factories import PNG
from skeleton.testkit.pages import fields_of
from skeleton.testkit.visitor import Visitor

pytestmark = pytest.mark.django_db

LIST = "/admin/company/company/"


@pytest.fixture
def clerk(colleague):
    return Visitor(colleague.user)


def address():
    return f"{LIST}{Company.objects.get().pk}/"


def test_the_list_leads_to_the_one_record(clerk):
    assert clerk.get(LIST).headers["Location"] == f"{LIST}add/"
    assert 'value="Skeleton"' in clerk.get(f"{LIST}add/").content.decode()
    seed_company()
    assert clerk.get(LIST).headers["Location"] == f"{address()}change/"
    assert clerk.get(f"{LIST}add/").headers["Location"] == f"{address()}change/"


def test_the_form_writes_the_company_and_its_accounts(clerk):
    set_up()
    page = f"{address()}change/"
    typed = {
        **fields_of(clerk.get(page).content.decode()),
        "trade_name": "Muster",
        "electronic_address_scheme": "9930",
        "electronic_address_id": "DE136695976",
        "bank_accounts-TOTAL_FORMS": "1",
        "bank_accounts-0-iban": "DE89 3704 0044 0532 0130 00",
    }
    assert clerk.post(page, typed).status_code == 302
    found = seller()
    assert (found["trade_name"], found["iban"]) == ("Muster", IBAN)
    assert found["electronic_address"] == {"scheme": "9930", "id": "DE136695976"}
    typed = {
        **fields_of(clerk.get(page).content.decode()),
        "electronic_address_scheme": "",
        "electronic_address_id": "",
    }
    assert clerk.post(page, typed).status_code == 302
    assert seller()["electronic_address"] is None


def test_the_form_shows_what_is_wrong_at_its_field(clerk):
    set_up()
    page = f"{address()}change/"
    before = fields_of(clerk.get(page).content.decode())
    wrong = {**before, "vat_id": "DE1", "electronic_address_scheme": "9999", "electronic_address_id": "1"}
    errors = clerk.post(page, wrong).context["adminform"].form.errors
    assert set(errors) == {"vat_id", "electronic_address_scheme"}
    wrong = {**before, "bank_accounts-TOTAL_FORMS": "1", "bank_accounts-0-iban": "DE88370400440532013000"}
    assert "Not a valid IBAN" in clerk.post(page, wrong).content.decode()


def test_all_mistakes_are_told_at_once(clerk):
    """Also in a form with mistakes that keep it from being sent to the API's checks."""
    set_up()
    page = f"{address()}change/"
    before = fields_of(clerk.get(page).content.decode())
    account = {"bank_accounts-TOTAL_FORMS": "1", "bank_accounts-0-iban": "DE88370400440532013000"}
    answer = clerk.post(page, {**before, **account, "email": "no address", "payment_days": "x", "vat_id": "DE1"})
    assert set(answer.context["adminform"].form.errors) == {"email", "payment_days", "vat_id"}
    assert "Not a valid IBAN" in answer.content.decode()


def test_a_logo_is_uploaded_shown_and_removed(clerk):
    set_up()
    upload = f"{address()}upload-logo/"
    assert 'enctype="multipart/form-data"' in clerk.get(upload).content.decode()
    broken = SimpleUploadedFile("logo.png", PNG)
    assert "cannot be read" in clerk.post(upload, {"logo_file_id": broken}).content.decode()
    assert not File.objects.exists()
    assert clerk.post(upload, {"logo_file_id": SimpleUploadedFile("logo.png", picture())}).status_code == 302
    assert "data:image/png;base64," in clerk.get(f"{address()}change/").content.decode()
    assert clerk.post(f"{address()}remove-logo/").status_code == 302
    assert seller()["logo"] is None


def test_everybody_sees_it_and_who_writes_accounting_changes_it(viewer):
    set_up()
    page = Visitor(viewer.user).get(f"{address()}change/").content.decode()
    assert "Muster Handel GmbH" in page
    assert 'name="_save"' not in page
    assert Visitor(viewer.user).post(f"{address()}upload-logo/").status_code == 403


def test_the_guide_leads_through_the_first_day_until_something_is_posted(clerk, viewer):
    seed_company()

    def steps():
        return {str(step["title"]): step for step in clerk.get("/admin/").context["first_steps"]}

    assert steps()["Complete the company"]["link"] == f"{address()}change/"
    assert not any(step["done"] for title, step in steps().items() if title != "Invite colleagues")
    set_up(bank_accounts=[{"iban": IBAN}])
    assert {title for title, step in steps().items() if step["done"]} >= {"Complete the company", "Add a bank account"}
    for step in steps().values():
        assert clerk.get(step["link"]).status_code == 200
    assert not Visitor(viewer.user).get("/admin/").context["first_steps"]
    post(account("T1").code, account("T2").code, 100)
    assert not steps()
