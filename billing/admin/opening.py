"""The pages on which the balances and open invoices of an earlier system are taken over."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from accounting.choices import RESULT_TYPES, Role, SourceType
from accounting.models import Account
from accounting.queries import control_account_codes
from accounting.tax_code_models import TaxCode
from billing.choices import InvoiceOrigin
from billing.opening_serializers import OpeningInputSerializer
from billing.services.opening import take_over
from parties.models import Customer
from skeleton.company.queries import default_currency
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text
from skeleton.kernel.types import Values
from skeleton.office.actions import ActionResult
from skeleton.office.balance import credit_field, debit_field
from skeleton.office.dates import LocalizedDateField
from skeleton.office.form_pages import FormPage
from skeleton.office.forms import ActionForm, AutocompleteField, CurrencyField, RowForm, TableForm
from skeleton.office.numbers import AmountField, LocalizedDecimalField
from skeleton.office.pages import register
from skeleton.office.reports import Column


def _opening_day() -> LocalizedDateField:
    return LocalizedDateField(
        required=False,
        label=_("Day of the opening balances"),
        help_text=_("The first day in these books. Leave empty for today."),
    )


class BalanceRow(RowForm):
    """An account and its opening balance."""

    debit = debit_field(label=_("Debit"))
    credit = credit_field(label=_("Credit"))

    def setup(self) -> None:
        currency = self.data.get("currency") or self.record.currency or default_currency()
        for field in self.fields.values():
            field.currency = currency  # type: ignore[attr-defined]

    def cells(self) -> tuple[object, ...]:
        return (self.record.code, self.record.name)


class OpeningForm(TableForm):
    """The opening balances of all accounts in one currency."""

    date = _opening_day()
    currency = CurrencyField(label=_("Currency"), help_text=_("Leave empty for the company's."))
    row_form, rows_name = BalanceRow, "balances"
    columns = (Column(_("Code")), Column(_("Account")))
    balance_label = format_text(_("Difference, posted to {account}"), account=Role.OPENING.code)

    def row_records(self) -> Iterable[tuple[Account, Mapping[str, object]]]:
        rows = Account.objects.filter(is_active=True, children=None).exclude(type__in=RESULT_TYPES)
        kept = (*control_account_codes(), Role.OPENING.code)
        return [(account, {}) for account in rows.exclude(code__in=kept).order_by("code")]

    @property
    def note(self) -> Any:
        return _("What is missing is posted to the account of opening balances.")

    def request_body(self) -> Values:
        body = super().request_body()
        currency = body.pop("currency", None)
        rows = [
            {"account_id": str(row.record.pk), "currency": currency, **row.cleaned_data} for row in self.sent_rows()
        ]
        return {**body, "balances": rows}


class OpenInvoiceForm(ActionForm):
    """An open invoice of an earlier system with one tax."""

    date = _opening_day()
    customer_id = AutocompleteField(
        Customer.objects.all(), screen="parties.customer", any_row=True, label=_("Customer")
    )
    number = forms.CharField(max_length=40, widget=widgets.UnfoldAdminTextInputWidget, label=_("Number"))
    issue_date = LocalizedDateField(label=_("Issue date"))
    due_date = LocalizedDateField(label=_("Due date"))
    currency = CurrencyField(help_text=_("Empty is the customer's."), label=_("Currency"))
    amount = AmountField(label=_("Open amount"), help_text=_("What is still due, with tax."))
    tax_code = forms.ModelChoiceField(
        TaxCode.objects.filter(is_active=True).order_by("code"),
        required=False,
        widget=widgets.UnfoldAdminSelectWidget,
        label=_("Tax code"),
    )
    tax_rate = LocalizedDecimalField(
        required=False, max_digits=7, decimal_places=4, label=_("Tax rate"), help_text=_("Percent. Without a tax code.")
    )
    tax = AmountField(required=False, label=_("Tax in it"), help_text=_("Leave empty if there is none."))

    def setup(self) -> None:
        try:
            customer = self.fields["customer_id"].clean(self.data.get("customer_id")) if self.is_bound else None
        except forms.ValidationError:
            customer = None
        currency = self.data.get("currency") or (customer and customer.currency) or default_currency()
        for name in ("amount", "tax"):
            self.fields[name].currency = currency  # type: ignore[attr-defined]

    def request_body(self) -> Values:
        body = super().request_body()
        names = ("customer_id", "number", "issue_date", "due_date", "currency", "amount")
        invoice: Values = {name: body[name] for name in names if name in body}
        taxed = {name: body[name] for name in ("tax_code", "tax_rate") if name in body}
        if taxed or "tax" in body:
            tax = int(body.get("tax", 0))
            invoice["tax"] = [{**taxed, "tax": tax, "base": max(int(body["amount"]) - tax, 0)}]
        return {**{name: body[name] for name in ("date",) if name in body}, "invoices": [invoice]}


@register
class OpeningBalancesPage(FormPage):
    name, title, resources = "opening-balances", _("Opening balances"), ("accounting",)
    form = OpeningForm
    button = _("Post opening balances")
    question = _(
        "Enter the balances with which these books begin. Receivables, customer advances and tax follow from "
        "documents: enter the open invoices one by one instead."
    )

    def submit(self, form: ActionForm, actor: Actor) -> ActionResult:
        take_over(**OpeningInputSerializer.parse(form.request_body()), actor=actor)
        entries = reverse("admin:accounting_entry_changelist")
        query = urlencode({"source_type__exact": SourceType.OPENING})
        return ActionResult(_("The opening balances are posted."), f"{entries}?{query}")


@register
class OpenInvoicePage(FormPage):
    name, title, resources = "open-invoice", _("Open invoice"), ("accounting",)
    form = OpenInvoiceForm
    button = _("Take over")
    question = _(
        "Enter what is open of an invoice that an earlier system issued. It is posted to receivables, without revenue."
    )

    def submit(self, form: ActionForm, actor: Actor) -> ActionResult:
        made = take_over(**OpeningInputSerializer.parse(form.request_body()), actor=actor)
        told = format_text(_("The invoice {number} is taken over."), number=made.invoices[0]["number"])
        invoices = reverse("admin:billing_invoice_changelist")
        return ActionResult(told, f"{invoices}?{urlencode({'origin__exact': InvoiceOrigin.IMPORTED})}")
