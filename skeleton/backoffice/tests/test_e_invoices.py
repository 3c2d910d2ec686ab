"""E-invoices in the back office: downloaded, listed, and refused in words."""

import io

import pytest
from pypdf import PdfReader

from billing.models import EInvoice
from billing.tests.factories import customer, line, sent
from parties.models import Address, Country
from parties.services import seed_countries
from skeleton.company.tests.factories import IBAN, set_up

pytestmark = pytest.mark.django_db


def page(invoice, action="change"):
    return f"/admin/billing/invoice/{invoice.pk}/{action}/"


def test_an_e_invoice_is_downloaded_or_the_page_says_what_is_missing(staff):
    guest, invoice = staff("invoices:read"), sent(line(1000, tax_rate=20))
    refused = guest.get(page(invoice, "e-invoice-xrechnung-ubl"), follow=True)
    assert refused.redirect_chain == [(page(invoice), 302)]
    shown = refused.content.decode()
    assert "The document keeps the data with which it was sent" in shown
    assert "Enter the buyer reference. German authorities call it Leitweg-ID." in shown
    assert not EInvoice.objects.exists()

    seed_countries()
    set_up(bank_accounts=[{"iban": IBAN}])
    buyer = customer()
    Address.objects.create(party=buyer, city="Wien", country=Country.objects.get(code="AT"))
    made = sent(line(1000, tax_rate=20), of=buyer)
    answer = guest.get(page(made, "e-invoice-facturx"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert PdfReader(io.BytesIO(answer.content)).attachments.keys() == {"factur-x.xml"}
    shown = guest.get(page(made)).content.decode()
    assert EInvoice.objects.get(invoice=made).checksum in shown
    assert "E-invoices handed out" in shown
    assert staff("customers:read").get(page(made, "e-invoice-facturx")).status_code == 403
