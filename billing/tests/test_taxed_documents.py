"""What PDFs say of tax codes, units, item numbers and prices of several units."""

from decimal import Decimal

import pytest

from accounting.tests.factories import tax_code
from billing.documents.contents import invoice_contents
from billing.models import Invoice
from billing.queries import printed_invoice
from billing.services.documents import invoice_pdf
from billing.tests.factories import customer, draft, line
from billing.tests.test_documents import text_of
from inventory.tests.factories import item
from parties.queries import as_written_to
from skeleton.company.queries import seller
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db

REASON = {"en": "Reverse charge", "de": "Steuerschuldnerschaft des Leistungsempfängers", "uk": "Зворотне оподаткування"}


@pytest.mark.parametrize("language, unit", [("en", "h"), ("de", "Std."), ("uk", "год")])
def test_the_pdf_says_it_in_its_language(language, unit):
    goods, code = item(sku="NW-0042", name="Drill"), tax_code(category="AE", exemption_reason=REASON)
    invoice = draft(
        line(6500, "1.5", unit_code="HUR", tax_code=code.pk),
        line(2534, 250, price_base_quantity=Decimal(100), item_id=goods),
        of=customer(),
    )
    said = text_of(invoice_pdf(invoice_id=invoice.pk, language=language, actor=SYSTEM).pdf)
    for text in (unit, "NW-0042", "/ 100", REASON[language]):
        assert text in said


def contents(invoice):
    rows = Invoice.objects.all()
    return invoice_contents(
        printed_invoice(rows, invoice.pk), seller=seller(), customer=as_written_to(invoice.customer_id), language="de"
    )


def test_without_any_of_it_the_contents_stay_as_they_were():
    """Issued PDFs are found again by their contents."""
    said = contents(draft(line(tax_rate=19)))
    assert "exemptions" not in said
    assert set(said["lines"][0]) == {
        "position",
        "description",
        "quantity",
        "unit_price",
        "discount",
        "tax_rate",
        "total",
    }
    assert (said["lines"][0]["quantity"], said["lines"][0]["unit_price"]) == ("1", "10,00")
