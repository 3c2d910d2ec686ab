"""The company on documents: its logo, numbers and accounts, what is kept, and that it must be complete to send."""

import io

import pytest
from pypdf import PdfReader

from billing.documents.letterhead import bank_account, letterhead
from billing.models import Invoice
from billing.services import documents
from billing.services.credit_notes import create_credit_note
from billing.tests.factories import draft, line, sent
from parties.services import seed_countries
from skeleton.company.errors import CompanyIncomplete
from skeleton.company.queries import seller
from skeleton.company.tests.factories import COMPANY, IBAN, picture, set_up
from skeleton.files.tests.factories import upload
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db

DOLLARS = {"iban": "GB29NWBK60161331926819", "currency": "USD", "bank": "NatWest"}


def paper(invoice, language="de"):
    """Return the PDF of an invoice."""
    return PdfReader(io.BytesIO(documents.invoice_pdf(invoice_id=invoice.pk, language=language, actor=SYSTEM).pdf))


def said(pdf):
    return "\n".join(page.extract_text() for page in pdf.pages)


def pictures(pdf):
    """Return width and height of each picture on the first page."""
    objects = pdf.pages[0]["/Resources"].get("/XObject", {})
    found = [objects[name] for name in objects if objects[name]["/Subtype"] == "/Image"]
    return [(one["/Width"], one["/Height"]) for one in found]


def test_an_invoice_names_the_company_with_its_numbers_country_and_closing_text(books):
    seed_countries()
    set_up(trade_name="Muster", tax_number="29/815/08152", invoice_footer="Geschäftsführerin: Erika Muster")
    words = said(paper(sent(line(1000))))
    for word in ("Muster Handel GmbH", "10115 Berlin", "Deutschland", "USt-IdNr.: DE136695976"):
        assert word in words, words
    assert "Steuernummer: 29/815/08152" in words
    assert "Geschäftsführerin: Erika Muster" in words


def test_the_logo_of_a_sent_invoice_stays_when_the_company_takes_another(colleague, books):
    assert not pictures(paper(draft()))
    first = upload(colleague, picture(), "logo.png")
    colleague.put("/company", {"logo_file_id": first["id"]}).ok()
    invoice = sent(line(1000))
    assert pictures(paper(invoice)) == [(4, 3)]
    second = upload(colleague, picture(9, 5), "new.png")
    colleague.put("/company", {"logo_file_id": second["id"]}).ok()
    colleague.delete(f"/files/{first['id']}").ok(204)
    assert pictures(paper(invoice, "en")) == [(4, 3)]
    assert pictures(paper(draft())) == [(9, 5)]


def test_an_invoice_names_the_account_in_its_currency_or_else_the_default_one():
    set_up(bank_accounts=[{"iban": IBAN, "is_default": True}, DOLLARS])
    found = seller()
    assert bank_account(found, "USD")["iban"] == "GB29 NWBK 6016 1331 9268 19"
    assert bank_account(found, "UAH")["iban"] == bank_account(found)["iban"] == "DE89 3704 0044 0532 0130 00"
    assert "IBAN: DE89 3704 0044 0532 0130 00" in letterhead(found, "en")["footer"][-1]


def test_a_seller_kept_by_an_earlier_version_is_presented_as_before():
    old = {"name": "Old AG", "address": ["Street 1"], "tax_id": "DE1", "registration": "", "iban": "DE89 3704"}
    shown = letterhead(old, "de")
    assert shown["seller"] == {"name": "Old AG", "lines": ["Street 1"]}
    assert shown["footer"] == [["Old AG", "Street 1"], ["USt-IdNr.: DE1"], ["IBAN: DE89 3704"]]
    assert "closing" not in shown


def test_the_vat_id_of_the_seller_has_the_label_of_the_buyers_and_its_old_one_on_issued_documents():
    set_up()
    found = seller()
    kept = {name: value for name, value in found.items() if name != "edition"}
    labels = {"en": ("VAT ID", "Tax ID"), "uk": ("Номер платника ПДВ", "Податковий номер"), "de": ("USt-IdNr.",) * 2}
    for language, expected in labels.items():
        shown = [letterhead(each, language)["footer"][1] for each in (found, kept)]
        assert shown == [[f"{label}: DE136695976"] for label in expected]


def test_nothing_is_sent_while_the_company_lacks_what_the_law_requires(colleague, books):
    colleague.put("/company", {**COMPANY, "vat_id": None, "street": None}).ok()
    invoice = draft(line(1000))
    refused = colleague.post(f"/invoices/{invoice.pk}/send").refused(
        409, "company.street", "company.vat_id", "company.tax_number"
    )
    assert "lacks what an invoice must show: street, VAT id or tax number" in refused["message"]
    assert Invoice.objects.get(pk=invoice.pk).status == "draft"
    colleague.patch("/company", {"street": "Musterstraße 1", "tax_number": "29/815/08152"}).ok()
    colleague.post(f"/invoices/{invoice.pk}/send").ok()
    colleague.patch("/company", {"tax_number": None}).ok()
    with pytest.raises(CompanyIncomplete):
        create_credit_note(invoice_id=invoice.pk, reason="Damaged", send=True, actor=SYSTEM)
