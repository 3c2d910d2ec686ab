"""The forms of contracts: a draft, its terms, and the input of the actions."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from contracts.choices import DeliveryType, PaymentType
from contracts.models import Contract
from parties.models import Party
from skeleton.kernel.text import format_text, in_zone
from skeleton.kernel.translation import Text
from skeleton.office.dates import LocalizedDateField, LocalizedDateTimeField
from skeleton.office.forms import ActionForm, AutocompleteField, CurrencyField, RecordForm, as_json
from skeleton.office.numbers import AmountField, LocalizedDecimalField, LocalizedIntegerField


class ContractForm(RecordForm):
    """A draft. The dates have their own field names, because Django forms don't support generated columns."""

    aliases: ClassVar[dict[str, str]] = {"start_date": "first_day", "end_date": "last_day"}
    party_id = AutocompleteField(Party.objects.all(), screen="contracts.party", label=_("Party"))
    first_day = LocalizedDateField(label=_("First day"))
    last_day = LocalizedDateField(
        required=False,
        help_text=_("It still belongs to the contract. Leave empty for a contract that doesn't expire."),
        label=_("Last day"),
    )
    currency = CurrencyField(label=_("Currency"))
    credit_limit = AmountField(
        required=False, initial=0, help_text=_("Leave empty for no limit."), label=_("Credit limit")
    )
    shipping_cost = AmountField(required=False, label=_("Shipping cost"))
    shipping_currency = CurrencyField(help_text=_("Defaults to the contract's currency."), label=_("Shipping currency"))

    class Meta:
        model = Contract
        fields = (
            "contract_type",
            "payment_type",
            "credit_days",
            "penalty_rate",
            "discount_rate",
            "currency",
            "credit_limit",
            "delivery_type",
            "estimated_days",
            "shipping_cost",
            "shipping_currency",
            "insurance",
            "auto_renewal",
            "renewal_period_months",
            "renewal_period_days",
            "max_renewals",
            "notice_days",
            "notes",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contract = self.instance
        if contract.party_id:
            self.initial["party_id"] = contract.party_id
            self.initial["first_day"], self.initial["last_day"] = contract.start_date, contract.end_date
        else:
            self.initial.setdefault("currency", settings.SKELETON_CURRENCY)
        _set_currencies(self, contract)

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        names = {name: path for path, name in self.aliases.items()}
        return {names.get(name, name): value for name, value in super().request_body(partial=partial).items()}


def _set_currencies(form: Any, contract: Any) -> None:
    """Set the currencies of the form's amount fields: the submitted ones, else the contract's."""
    posted = form.data if form.is_bound else {}
    currency = posted.get("currency") or contract.currency or settings.SKELETON_CURRENCY
    shipping = posted.get("shipping_currency") if form.is_bound else contract.shipping_currency
    for name, code in (("credit_limit", currency), ("shipping_cost", shipping or currency)):
        if name in form.fields:
            form.fields[name].currency = code
    if "shipping_cost" in form.fields:
        form.fields["shipping_cost"].currency_fields = ("shipping_currency", "currency")


class TermsForm(ActionForm):
    """All terms, with their current values. Empty fields clear the term."""

    def setup(self) -> None:
        self.initial = {name: getattr(self.record, name) for name in self.fields}
        _set_currencies(self, self.record)

    def request_body(self) -> dict[str, Any]:
        return {name: None if value == "" else as_json(value) for name, value in self.cleaned_data.items()}


def _percent(label: Text) -> LocalizedDecimalField:
    return LocalizedDecimalField(label=label, required=False, max_digits=7, decimal_places=4, help_text=_("Percent."))


class PaymentTermsForm(TermsForm):
    payment_type = forms.ChoiceField(
        choices=PaymentType.choices, widget=widgets.UnfoldAdminSelectWidget, label=_("Payment type")
    )
    credit_days = LocalizedIntegerField(required=False, label=_("Credit days"))
    penalty_rate = _percent(_("Penalty rate"))
    discount_rate = _percent(_("Discount rate"))
    currency = CurrencyField(label=_("Currency"))


class DeliveryTermsForm(TermsForm):
    delivery_type = forms.ChoiceField(
        choices=DeliveryType.choices, widget=widgets.UnfoldAdminSelectWidget, label=_("Delivery type")
    )
    estimated_days = LocalizedIntegerField(required=False, label=_("Estimated days"))
    shipping_cost = AmountField(required=False, label=_("Shipping cost"))
    shipping_currency = CurrencyField(help_text=_("Defaults to the contract's currency."), label=_("Shipping currency"))
    insurance = forms.BooleanField(required=False, widget=widgets.UnfoldBooleanSwitchWidget, label=_("Insurance"))


class ReasonForm(ActionForm):
    reason = forms.CharField(widget=widgets.UnfoldAdminTextareaWidget, label=_("Reason"))


class TerminationForm(ReasonForm):
    effective_date = LocalizedDateField(
        required=False,
        label=_("Terminated from"),
        help_text=_("The first day on which it is no longer in force. Leave empty to terminate it now."),
    )


class SignatureForm(ActionForm):
    signed_at = LocalizedDateTimeField(
        required=False,
        label=in_zone(_("Signed at ({zone})")),
        help_text=_("Leave empty for now. Not in the future."),
    )


class NewEndForm(ActionForm):
    new_end_date = LocalizedDateField(label=_("New last day"))

    def setup(self) -> None:
        self.fields["new_end_date"].help_text = format_text(_("After {day}."), day=self.record.end_date)
