"""Concurrent edits of a record: whoever saves second gets a warning, keeps their input, and can save again."""

import re

import pytest

from billing.models import Invoice
from billing.services import invoices
from billing.tests.factories import draft
from parties.models import Customer
from parties.tests.factories import CustomerFactory
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

PARTS = {"addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0}
TOLD = "Somebody else changed this while you were editing"


def read_as(page):
    """Return the version that a page's form was loaded with."""
    return present(re.search(r'name="_record_version" value="([^"]*)"', page)).group(1)


def opened(client, address):
    """Return the version that the form at this path was loaded with."""
    return read_as(client.get(address).content.decode())


def values(party, **changed):
    known = {"name": party.name, "email": party.email, "phone": "", "tax_id": "", "website": "", "social_media": ""}
    return {**known, "credit_limit": "0", "currency": party.currency, **PARTS, **changed}


def test_the_second_to_save_is_told_loses_nothing_and_decides(clerk, chief):
    party = CustomerFactory.create(name="Acme")
    page = f"/admin/parties/customer/{party.pk}/change/"
    mine, yours = opened(clerk, page), opened(chief, page)
    assert chief.post(page, values(party, phone="+49 1", _record_version=yours)).status_code == 302
    answer = clerk.post(page, values(party, name="Acme Ltd", _record_version=mine))
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert TOLD in shown
    assert 'value="Acme Ltd"' in shown
    party.refresh_from_db()
    assert (party.name, party.phone) == ("Acme", "+49 1")
    now = read_as(shown)
    assert now not in ("", mine)
    assert clerk.post(page, values(party, name="Acme Ltd", phone="+49 1", _record_version=now)).status_code == 302
    assert Customer.objects.get(pk=party.pk).name == "Acme Ltd"


def test_saving_twice_in_a_row_is_nobody_else(clerk):
    party = CustomerFactory.create()
    page = f"/admin/parties/customer/{party.pk}/change/"
    for name in ("One", "Two"):
        answer = clerk.post(page, values(party, name=name, _record_version=opened(clerk, page)))
        assert answer.status_code == 302
    assert Customer.objects.get(pk=party.pk).name == "Two"


def test_documents_are_kept_too(clerk):
    invoice = draft()
    page = f"/admin/billing/invoice/{invoice.pk}/change/"
    version = opened(clerk, page)
    invoices.update_invoice(invoice_id=invoice.pk, values={"notes": "Theirs"}, actor=SYSTEM)
    body = {
        "due_date": "2099-02-15",
        "notes": "Mine",
        "lines-TOTAL_FORMS": 0,
        "lines-INITIAL_FORMS": 0,
        "settlements-TOTAL_FORMS": 0,
        "settlements-INITIAL_FORMS": 0,
        "_record_version": version,
    }
    answer = clerk.post(page, body)
    assert TOLD in answer.content.decode()
    assert Invoice.objects.get(pk=invoice.pk).notes == "Theirs"


def test_a_new_record_has_no_version(clerk):
    assert opened(clerk, "/admin/parties/customer/add/") == ""
