"""Forms of actions clean what is entered, like the API's fields."""

import pytest
from django import forms

from skeleton.kernel.actors import SYSTEM
from skeleton.office.forms import ActionForm, RowForm


class ReasonForm(ActionForm):
    reason = forms.CharField()
    note = forms.CharField(required=False)
    password = forms.CharField(required=False, widget=forms.PasswordInput)


def entered(**fields):
    return ReasonForm({"reason": "Because", **fields}, record=None, actor=SYSTEM)


def test_texts_are_clean():
    form = entered(reason="Cafe\u0301 \u202e\u200b", note="\u3164", password="e\u0301\u200b")
    assert form.is_valid()
    assert form.request_body() == {"reason": "Café", "password": "e\u0301\u200b"}
    assert form.cleaned_data["note"] == ""


@pytest.mark.parametrize("reason", ["\u200b", "\u3164", "\u2800", "a\x01b", "a\x85b"])
def test_nothing_to_see_and_controls_are_refused_at_the_field(reason):
    form = entered(reason=reason)
    assert not form.is_valid()
    assert list(form.errors) == ["reason"]


def test_rows_are_clean_too():
    class Row(RowForm):
        name = forms.CharField(label="Name")

    row = Row({"name": "A\u200bB"}, record="record")
    assert row.is_valid()
    assert row.cleaned_data == {"name": "AB"}
