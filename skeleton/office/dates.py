"""Form fields for dates, read strictly in the order of the page's language (`kernel.date_formats`)."""

import datetime as dt
from typing import Any

from django import forms
from unfold import widgets

from skeleton.kernel.date_formats import InvalidDate, parse_date


class LocalizedDateField(forms.DateField):
    """A date as text with a calendar, in the order of `language` (default: the page's language)."""

    widget = widgets.UnfoldAdminSingleDateWidget
    language: str | None = None

    def to_python(self, value: str | dt.date | None) -> dt.date | None:
        if not isinstance(value, str) or value in self.empty_values:
            return super().to_python(value)
        try:
            return parse_date(value, self.language)
        except InvalidDate as error:
            raise forms.ValidationError(str(error), code="invalid") from error


class LocalizedDateTimeField(forms.SplitDateTimeField):
    """A date and a time, each in a field of its own."""

    widget = widgets.UnfoldAdminSplitDateTimeWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = (LocalizedDateField(required=False), *self.fields[1:])
