"""Form fields for numbers: text fields, since what a browser makes of `type=number` depends on its own language.

A number is read and shown in the notation of the page's language, strictly (`kernel.numerals`).
"""

from decimal import Decimal
from typing import Any, TypeAlias

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import get_language, gettext
from unfold import widgets

from skeleton.kernel.money import EXACT, MAX_AMOUNT, minor_digits
from skeleton.kernel.numerals import NotANumber, Notation

WRITTEN_IN = "_written_in"
"""The hidden field of a page that names the language in whose notation its numbers were shown and typed."""


class NumberField(forms.Field):
    """A number as text. `language` is the one whose notation applies; by default that of the page."""

    widget = widgets.UnfoldAdminTextInputWidget
    language: str | None = None
    inputmode = "decimal"

    @property
    def notation(self) -> Notation:
        return Notation.of(self.language)

    def read(self, value: object) -> Decimal | None:
        """Return the number that was typed, with its decimals; None for nothing. Raises ValidationError."""
        if value is None or not str(value).strip():
            return None
        try:
            return self.notation.read(str(value))
        except NotANumber as error:
            raise forms.ValidationError(str(error), code="invalid") from error

    def shown(self, value: Any) -> str:
        """Return a number in the field's notation, without the zeros that only PostgreSQL cares for."""
        exact = Decimal(value).normalize(EXACT)
        return self.notation.write(exact)

    def prepare_value(self, value: object) -> object:
        return self.shown(value) if isinstance(value, int | Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {**super().widget_attrs(widget), "inputmode": self.inputmode, "autocomplete": "off"}


class ExactField(NumberField, forms.DecimalField):
    """A quantity or a rate: an exact decimal."""

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        return value if isinstance(value, Decimal) else self.read(value)


class WholeField(NumberField, forms.IntegerField):
    """A whole number: days, counts, a capacity."""

    inputmode = "numeric"

    def to_python(self, value: object) -> int | None:
        if isinstance(value, int):
            return value
        number = self.read(value)
        if number is None:
            return None
        if number.as_tuple().exponent:
            raise forms.ValidationError(gettext("Write a whole number, such as 30."), code="invalid")
        return int(number)


class AmountField(NumberField):
    """Money, typed in whole units (1550.00) and kept in minor units of `currency`."""

    currency = "USD"

    def digits(self) -> int:
        """Return the decimals of the currency; 2 while it is not a known one."""
        return minor_digits(self.currency)

    def shown(self, value: Any) -> str:
        return self.notation.write(Decimal(value).scaleb(-self.digits(), EXACT))

    def to_python(self, value: object) -> int | None:
        if isinstance(value, int):
            return value
        amount = self.read(value)
        if amount is None:
            return None
        if -int(amount.as_tuple().exponent) > self.digits():
            raise forms.ValidationError(self._decimals(), code="max_decimal_places")
        minor = int(amount.scaleb(self.digits(), EXACT))
        if abs(minor) > MAX_AMOUNT:
            raise forms.ValidationError(gettext("The amount is too large."), code="max_value")
        return minor

    def _decimals(self) -> str:
        """Say how many decimals an amount may have: zeros count, since `12.500` may be meant as twelve thousand."""
        if not self.digits():
            told = gettext("{currency} has no decimals: write a whole number, such as 1234.")
            return told.format(currency=self.currency)
        told = gettext("{currency} has at most {number} decimals, as in {example}.")
        example = self.notation.write(Decimal(1234567).scaleb(-self.digits()))
        return told.format(currency=self.currency, number=self.digits(), example=example)


Overrides: TypeAlias = "dict[type[models.Field[Any, Any]], dict[str, object]]"

FORM_FIELDS: Overrides = {
    kind: {"form_class": field, "widget": NumberField.widget}
    for kind, field in (
        (models.DecimalField, ExactField),
        (models.FloatField, ExactField),
        (models.IntegerField, WholeField),
        (models.BigIntegerField, WholeField),
    )
}
"""The form fields of model fields, as `formfield_overrides` of an admin takes them."""


def written_in(form: forms.BaseForm) -> str:
    """Return the language in whose notation a form's numbers are: that of the page on which they were typed.

    It isn't always that of the request: whoever changes the language in another tab still sends what this one shows.
    """
    posted = form.data.get(WRITTEN_IN) if form.is_bound else None
    return posted if posted in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE


def set_notation(form: forms.BaseForm, language: str) -> None:
    """Let all number fields of a form read and show the notation of a language."""
    for field in form.fields.values():
        if isinstance(field, NumberField):
            field.language = language
