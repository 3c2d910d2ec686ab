"""Reports in the back office: a few questions, then tables of figures that are as good on paper as on a screen.

A report says what it asks (`form`) and what it found (`tables`); how that looks is the same for all. Printed, only the
title, the days and the tables are left (`report.html`, `report.css`).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import BASE_INPUT_CLASSES

from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import DomainError
from skeleton.kernel.text import local_amount
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.pages import Page
from skeleton.office.parameters import NOT_A_CHOICE, BadParameter

TEMPLATE = "skeleton/admin/report.html"
FORMAT, CSV = "format", "csv"

Asked = Values
"""What the form's fields say, cleaned."""

Kind = Literal["plain", "heading", "total"]


@dataclass(frozen=True, slots=True)
class Column:
    """`figures` are set to the right, in digits of equal width."""

    title: Text
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    cells: Sequence[object]
    kind: Kind = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """One table under its own heading. `note` stands below."""

    title: str
    columns: Sequence[Column]
    lines: list[Line]
    note: str = ""

    @property
    def rows(self) -> list[tuple[Kind, list[tuple[object, Column]]]]:
        """The lines, each cell beside its column: what a template needs."""
        return [(line.kind, list(zip(line.cells, self.columns, strict=True))) for line in self.lines]


@dataclass(frozen=True, slots=True)
class Found:
    """What a report tells: for `days` in words, the tables, and where a long one goes on (`further`, an address)."""

    days: Text
    tables: list[Table] = field(default_factory=list)
    subject: str = ""
    further: str = ""


def day_field(label: Text, **kwargs: Any) -> forms.DateField:
    """A day, chosen with the browser's own calendar."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": " ".join(BASE_INPUT_CLASSES)})
    return forms.DateField(label=label, input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class DayForm(forms.Form):
    """One day. What is left out is `default()`."""

    as_of = day_field(_("As of"), required=False)

    @classmethod
    def default(cls) -> Asked:
        return {"as_of": today()}

    @classmethod
    def suggestions(cls) -> list[tuple[object, Asked]]:
        """What people ask for most, by name."""
        month, year = today().replace(day=1), today().replace(month=1, day=1)
        return [
            (_("Today"), {"as_of": today()}),
            (_("End of last month"), {"as_of": month - ONE_DAY}),
            (_("End of last year"), {"as_of": year - ONE_DAY}),
        ]


class DaysForm(forms.Form):
    """Days, first and last included; this year until today unless asked."""

    from_date = day_field(_("From"), required=False)
    to_date = day_field(_("To"), required=False)

    @classmethod
    def default(cls) -> Asked:
        return {"from_date": today().replace(month=1, day=1), "to_date": today()}

    @classmethod
    def suggestions(cls) -> list[tuple[object, Asked]]:
        month, year = today().replace(day=1), today().replace(month=1, day=1)
        last_month, last_year = (month - ONE_DAY).replace(day=1), (year - ONE_DAY).replace(month=1, day=1)
        return [
            (_("This month"), {"from_date": month, "to_date": today()}),
            (_("Last month"), {"from_date": last_month, "to_date": month - ONE_DAY}),
            (_("This year"), {"from_date": year, "to_date": today()}),
            (_("Last year"), {"from_date": last_year, "to_date": year - ONE_DAY}),
        ]

    def clean(self) -> Asked:
        asked: Asked = super().clean() or {}
        first, last = asked.get("from_date"), asked.get("to_date")
        if first and last and first > last:
            self.add_error("from_date", _("Must not be after the last day."))
        return asked


class UntilForm(DaysForm):
    """Without a first day it is everything up to the last, which is what these reports tell unless asked."""

    @classmethod
    def default(cls) -> Asked:
        return {"from_date": None, "to_date": today()}

    @classmethod
    def suggestions(cls) -> list[tuple[object, Asked]]:
        whole = [(name, {"from_date": None, "to_date": day["as_of"]}) for name, day in DayForm.suggestions()]
        return [*whole, *super().suggestions()]


ONE_DAY = dt.timedelta(days=1)


class ReportPage(Page):
    """A page that asks by `form`, and answers by `find` (tables) and `download` (CSV)."""

    form: ClassVar[type[DaysForm | DayForm]] = DaysForm

    def find(self, asked: Asked, actor: Actor) -> Found:
        raise NotImplementedError

    def download(self, asked: Asked, actor: Actor) -> HttpResponseBase:
        """The same as CSV."""
        raise NotImplementedError

    def accepted(self) -> Collection[str]:
        return (*self.form.base_fields, FORMAT)

    def show(self, request: HttpRequest) -> HttpResponseBase:
        given = {name: text for name, text in request.GET.dict().items() if str(text).strip()}
        if given.get(FORMAT, CSV) != CSV:
            raise BadParameter(FORMAT, NOT_A_CHOICE)
        if not given and self.form.default().keys() < self.form.base_fields.keys():
            return self._page(request, self.form(initial=self.form.default()))
        form = self.form({**self.form.default(), **given})
        if form.is_valid():
            try:
                if given.get(FORMAT) == CSV:
                    return self.download(form.cleaned_data, self.actor(request))
                return self._page(request, form, self.find(form.cleaned_data, self.actor(request)))
            except DomainError as error:
                form.add_error(None, error.message)
        return self._page(request, form)

    def asking(self, asked: Asked) -> str:
        """The address of this report with these answers."""
        given = {name: spelt(value) for name, value in asked.items() if value not in (None, "")}
        return f"{self.address}?{urlencode(given)}"

    def _page(self, request: HttpRequest, form: forms.Form, found: Found | None = None) -> TemplateResponse:
        asked = form.cleaned_data if found else {}
        context = {
            **self.context(request),
            "form": form,
            "media": form.media,
            "found": found,
            "suggestions": [(name, self.asking({**asked, **days})) for name, days in self.form.suggestions()],
            "csv": self.asking({**asked, FORMAT: CSV}),
            "made_at": timezone.now(),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)


def spelt(value: object) -> str:
    """An answer as an address spells it."""
    return str(getattr(value, "pk", value))


def figure(amount: Decimal | int, currency: str, *, blank: bool = False) -> str:
    """`1,550.00`, the currency being that of the table; with `blank`, nothing for 0."""
    return "" if blank and not amount else local_amount(int(amount), currency)


def link(address: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, text)


def total(*cells: object) -> Line:
    return Line(cells, "total")


def heading(text: object, columns: Sequence[Column]) -> Line:
    """A line that names those below it."""
    return Line((text, *[""] * (len(columns) - 1)), "heading")


def lines(rows: Iterable[Sequence[object]]) -> list[Line]:
    return [Line(row) for row in rows]
