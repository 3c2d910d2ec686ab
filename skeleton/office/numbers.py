"""Form fields for numbers. They are text fields, because `type=number` depends on the language of the browser.

A number is read and shown in the notation of the page's language, strictly (`kernel.number_formats`).
"""

from decimal import Decimal
from typing import Never, TypeAlias

from django import forms
from django.conf import settings
from django.db import models
from django.urls import reverse_lazy
from django.utils.translation import get_language, gettext
from unfold import widgets

from skeleton.kernel.money import EXACT_CONTEXT, MAX_AMOUNT, minor_digits
from skeleton.kernel.number_formats import InvalidNumber, NumberFormat
from skeleton.kernel.text import local_money
from skeleton.office.dates import LocalizedDateField, LocalizedDateTimeField

LANGUAGE_FIELD = "_number_language"
"""The page's hidden field with the language in whose notation its numbers were shown and entered."""


class NumberField(forms.Field):
    """A number as text, in the notation of `language` (default: the page's language)."""

    widget = widgets.UnfoldAdminTextInputWidget
    language: str | None = None
    inputmode = "decimal"

    @property
    def number_format(self) -> NumberFormat:
        return NumberFormat.for_language(self.language)

    def parse(self, value: object) -> Decimal | None:
        """Parse the entered number, with its decimals; None if empty. Raises ValidationError."""
        if value is None or not str(value).strip():
            return None
        try:
            return self.number_format.parse(str(value))
        except InvalidNumber as error:
            raise forms.ValidationError(str(error), code="invalid") from error

    def format(self, value: int | Decimal) -> str:
        """Return a number in the field's notation, without trailing zeros."""
        exact = Decimal(value).normalize(EXACT_CONTEXT)
        return self.number_format.format(exact)

    def prepare_value(self, value: object) -> object:
        return self.format(value) if isinstance(value, int | Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {**super().widget_attrs(widget), "inputmode": self.inputmode, "autocomplete": "off"}


class LocalizedDecimalField(NumberField, forms.DecimalField):
    """A quantity or a rate: an exact decimal."""

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        return value if isinstance(value, Decimal) else self.parse(value)


class LocalizedIntegerField(NumberField, forms.IntegerField):
    """A whole number: days, counts, a capacity."""

    inputmode = "numeric"

    def to_python(self, value: object) -> int | None:
        if isinstance(value, int):
            return value
        number = self.parse(value)
        if number is None:
            return None
        if number.as_tuple().exponent:
            raise forms.ValidationError(gettext("Write a whole number, such as 30."), code="invalid")
        return int(number)


class AmountField(NumberField):
    """An amount, entered in whole units (1550.00) and stored in minor units of `currency`."""

    currency = "USD"
    currency_fields: tuple[str, ...] = ("currency",)
    """The fields of the form that hold the currency; the first that isn't empty counts, else `currency`."""

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.widget.attrs |= {
            "data-understood-by": reverse_lazy("admin:understood"),
            "data-currency": self.currency,
            "data-currency-fields": " ".join(self.currency_fields),
        }
        return super().get_bound_field(form, field_name)

    def digits(self) -> int:
        """Return the number of decimals of the currency, or 2 if it is unknown."""
        return minor_digits(self.currency)

    def format(self, value: int | Decimal) -> str:
        return self.number_format.format(Decimal(value).scaleb(-self.digits(), EXACT_CONTEXT))

    def to_python(self, value: object) -> int | None:
        if isinstance(value, int):
            return value
        amount = self.parse(value)
        if amount is None:
            return None
        if -int(amount.as_tuple().exponent) > self.digits():
            raise forms.ValidationError(self._decimals(), code="max_decimal_places")
        minor = int(amount.scaleb(self.digits(), EXACT_CONTEXT))
        if abs(minor) > MAX_AMOUNT:
            raise forms.ValidationError(gettext("The amount is too large."), code="max_value")
        return minor

    def _decimals(self) -> str:
        """Return the error for too many decimals. Zeros count, since `12.500` may mean twelve thousand five hundred."""
        if not self.digits():
            told = gettext("{currency} has no decimals: write a whole number, such as 1234.")
            return told.format(currency=self.currency)
        told = gettext("{currency} has at most {number} decimals, as in {example}.")
        example = self.number_format.format(Decimal(1234567).scaleb(-self.digits()))
        return told.format(currency=self.currency, number=self.digits(), example=example)


def describe_amount(text: str, currency: str, language: str) -> str:
    """Return how an amount is understood that is typed on a page in a language, or why it isn't. Empty for none."""
    field = AmountField(required=False)
    field.currency = currency
    field.language = language if language in dict(settings.LANGUAGES) else None
    try:
        amount = field.clean(text)
    except forms.ValidationError as error:
        return str(error.messages[0])
    return "" if amount is None else f"= {local_money(amount, currency)}"


Overrides: TypeAlias = "dict[type[models.Field[Never, object]], dict[str, object]]"

FORM_FIELDS: Overrides = {
    kind: {"form_class": field, "widget": field.widget}
    for kind, field in (
        (models.DateField, LocalizedDateField),
        (models.DecimalField, LocalizedDecimalField),
        (models.FloatField, LocalizedDecimalField),
        (models.IntegerField, LocalizedIntegerField),
        (models.BigIntegerField, LocalizedIntegerField),
    )
}
"""The form fields of model fields, for an admin's `formfield_overrides`."""


def number_language_of(form: forms.BaseForm) -> str:
    """Return the language of the notation of a form's numbers: that of the page on which they were entered.

    It can differ from the request's language if the user changes the language in another tab.
    """
    posted = form.data.get(LANGUAGE_FIELD) if form.is_bound else None
    return posted if posted in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE


def set_number_language(form: forms.BaseForm, language: str) -> None:
    """Set the notation of all numbers and dates of a form to that of a language."""
    for field in form.fields.values():
        entered = field.fields[0] if isinstance(field, LocalizedDateTimeField) else field
        if isinstance(entered, NumberField | LocalizedDateField):
            entered.language = language
