"""Errors at the top of an action's page name what they are about as the screens do, not by the API's paths."""

import pytest
from django.utils.translation import override

from billing.models import Invoice
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid
from skeleton.office.form_errors import add_to_form
from skeleton.office.forms import ActionForm


@pytest.mark.parametrize(
    "path, shown",
    [
        ("customer.electronic_address", "Customer: Wrong."),
        ("customer.vat_id", "Customer, VAT id: Wrong."),
        ("lines.1.quantity", "Invoice line 2, Quantity: Wrong."),
        ("due_date", "Due date: Wrong."),
        ("date", "Date: Wrong."),
        ("no_such_name", "Wrong."),
    ],
)
def test_an_error_without_a_field_is_named_by_labels(path, shown):
    form = ActionForm({}, record=Invoice(), actor=SYSTEM)
    assert form.is_valid()
    add_to_form(form, Invalid(details={path: "Wrong."}))
    assert form.non_field_errors() == [shown]


def test_the_labels_are_translated():
    form = ActionForm({}, record=Invoice(), actor=SYSTEM)
    assert form.is_valid()
    with override("de"):
        add_to_form(form, Invalid(details={"customer.vat_id": "Falsch."}))
    assert form.non_field_errors() == ["Kunde, USt-IdNr.: Falsch."]
