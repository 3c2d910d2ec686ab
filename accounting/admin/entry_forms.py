"""The form of a transaction that is recorded by hand: its lines are rows, each with a debit or a credit."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from accounting.models import Account, Entry, Line
from skeleton.kernel.types import Values
from skeleton.office.balance import credit_field, debit_field
from skeleton.office.forms import AutocompleteField, CurrencyField, RecordForm
from skeleton.office.numbers import AmountField
from skeleton.office.records import ChildListFormSet, TabularChildListInline


class EntryForm(RecordForm):
    currency = CurrencyField(label=_("Currency"), help_text=_("Leave empty for the company's."))

    class Meta:
        model = Entry
        fields = ("date", "description", "reference")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "date" in self.fields:  # not where the record can only be read
            self.fields["date"].required = False
            self.fields["date"].help_text = _("Leave empty for today.")

    def request_body(self, *, partial: bool) -> Values:
        return {name: value for name, value in super().request_body(partial=partial).items() if value != ""}


class EntryLineForm(RecordForm):
    aliases: ClassVar[dict[str, str]] = {"override": "account_id", "party_id": "account_id"}
    account_id = AutocompleteField(Account.objects.all(), screen="accounting.account", label=_("Account"))
    description = forms.CharField(
        required=False, max_length=500, widget=widgets.UnfoldAdminTextInputWidget, label=_("Description")
    )
    debit = debit_field(label=_("Debit"))
    credit = credit_field(label=_("Credit"))

    class Meta:
        model = Line
        fields = ()

    def request_body(self, *, partial: bool) -> Values:
        return {name: value for name, value in super().request_body(partial=partial).items() if value not in (None, "")}


class EntryLineFormSet(ChildListFormSet):
    """The lines of a transaction. Amounts are parsed in its currency."""

    name = "lines"

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if isinstance(field, AmountField):
                field.currency = self.data.get("currency") or settings.SKELETON_CURRENCY


class EntryLineInline(TabularChildListInline):
    model = Line
    form = EntryLineForm
    formset = EntryLineFormSet
    extra = 2
    fields = ("account_id", "description", "debit", "credit")
    template_after = "skeleton/admin/balance.html"
