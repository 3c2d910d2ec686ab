"""A tax code that is corrected while lines begin to use it, with real threads on the real database."""

import pytest

from accounting.services.tax_codes import update_tax_code
from accounting.tests.factories import tax_code
from billing.models import Invoice
from billing.services.invoices import create_invoice, send_invoice
from billing.tests.factories import DUE, customer, line
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import DomainError
from skeleton.testkit.races import run_concurrently

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chart")]

RACERS = 16


def billing(buyer, code):
    lines = [line(tax_code=code.pk)]
    return lambda: create_invoice(customer_id=buyer.pk, due_date=DUE, lines=lines, actor=SYSTEM)


def correcting(code, reason):
    values = {"exemption_reason": {"en": reason}}
    return lambda: update_tax_code(tax_code_id=code.pk, values=values, actor=SYSTEM)


@pytest.mark.parametrize("attempt", range(3))
def test_what_an_invoice_says_is_what_its_code_says(attempt):
    """The correction comes before all of the invoices, or is refused."""
    code, buyer = tax_code("E", "E", exemption_reason={"en": "First"}), customer()
    jobs = [billing(buyer, code) for _ in range(RACERS - 2)]
    jobs.insert(attempt * 5, correcting(code, "Second"))
    outcomes = run_concurrently(*jobs, correcting(code, "Third"))
    failed = [one for one in outcomes if isinstance(one, DomainError)]
    code.refresh_from_db()
    assert Invoice.objects.count() >= RACERS - 2 - len(failed)
    for invoice in Invoice.objects.all():
        assert invoice.tax_breakdown[0]["exemption_reason"] == code.exemption_reason
        send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
