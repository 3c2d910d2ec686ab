"""Reports in the back office: a parameter form and tables, on screen and in print.

A report defines its parameters (`form`) and its results (`tables`); the layout is the same for all. Printouts contain
only the title, the dates and the tables (`report.html`, `report.css`).
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
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import BASE_INPUT_CLASSES

from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import DomainError
from skeleton.kernel.text import local_amount, local_day
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.csv_formats import csv_format_choices, dialect_for
from skeleton.office.pages import Page
from skeleton.office.parameters import NOT_A_CHOICE, BadParameter
from skeleton.office.tables.spreadsheets import Row, csv_response

TEMPLATE = "skeleton/admin/report.html"
FORMAT, CSV, PDF = "format", "csv", "pdf"

Parameters = Values
"""The form's cleaned values."""

LineKind = Literal["plain", "heading", "total"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `figures` are right-aligned, in tabular digits."""

    title: Text
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    cells: Sequence[object]
    kind: LineKind = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading and a `note` below."""

    title: str
    columns: Sequence[Column]
    lines: list[Line]
    note: str = ""

    @property
    def rows(self) -> list[tuple[LineKind, list[tuple[object, Column]]]]:
        """Return the lines for the template, each cell with its column."""
        return [(line.kind, list(zip(line.cells, self.columns, strict=True))) for line in self.lines]


@dataclass(frozen=True, slots=True)
class ReportResult:
    """The result of a report: its dates as text (`days`), the tables, and the next page's URL (`next_page_url`)."""

    days: Text
    tables: list[Table] = field(default_factory=list)
    subject: str = ""
    next_page_url: str = ""


def date_field(label: Text, **kwargs: Any) -> forms.DateField:
    """Create a date field that uses the browser's date picker."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": " ".join(BASE_INPUT_CLASSES)})
    return forms.DateField(label=label, input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class DateForm(forms.Form):
    """A form for a single day. If empty, `default()` is used."""

    as_of = date_field(_("As of"), required=False)

    @classmethod
    def default(cls) -> Parameters:
        return {"as_of": today()}

    @classmethod
    def suggestions(cls) -> list[tuple[object, Parameters]]:
        """Return the most common choices by name."""
        month, year = today().replace(day=1), today().replace(month=1, day=1)
        return [
            (_("Today"), {"as_of": today()}),
            (_("End of last month"), {"as_of": month - ONE_DAY}),
            (_("End of last year"), {"as_of": year - ONE_DAY}),
        ]


class DateRangeForm(forms.Form):
    """A form for a range of days, both included. Defaults to this year until today."""

    from_date = date_field(_("From"), required=False)
    to_date = date_field(_("To"), required=False)

    @classmethod
    def default(cls) -> Parameters:
        return {"from_date": today().replace(month=1, day=1), "to_date": today()}

    @classmethod
    def suggestions(cls) -> list[tuple[object, Parameters]]:
        month, year = today().replace(day=1), today().replace(month=1, day=1)
        last_month, last_year = (month - ONE_DAY).replace(day=1), (year - ONE_DAY).replace(month=1, day=1)
        return [
            (_("This month"), {"from_date": month, "to_date": today()}),
            (_("Last month"), {"from_date": last_month, "to_date": month - ONE_DAY}),
            (_("This year"), {"from_date": year, "to_date": today()}),
            (_("Last year"), {"from_date": last_year, "to_date": year - ONE_DAY}),
        ]

    def clean(self) -> Parameters:
        parameters: Parameters = super().clean() or {}
        first, last = parameters.get("from_date"), parameters.get("to_date")
        if first and last and first > last:
            self.add_error("from_date", _("Must not be after the last day."))
        return parameters


class OpenStartDateRangeForm(DateRangeForm):
    """A range of days that, without a first day, covers everything up to the last one. This is the default."""

    @classmethod
    def default(cls) -> Parameters:
        return {"from_date": None, "to_date": today()}

    @classmethod
    def suggestions(cls) -> list[tuple[object, Parameters]]:
        whole = [(name, {"from_date": None, "to_date": day["as_of"]}) for name, day in DateForm.suggestions()]
        return [*whole, *super().suggestions()]


ONE_DAY = dt.timedelta(days=1)


class ReportPage(Page):
    """A page with a `form`, whose results come from `build` (tables) and `csv_rows` (CSV)."""

    form: ClassVar[type[DateRangeForm | DateForm]] = DateRangeForm
    formats: ClassVar[tuple[str, ...]] = (CSV,)
    """The formats in which the report can be downloaded. With PDF, define `download_pdf`."""

    def build(self, parameters: Parameters, actor: Actor) -> ReportResult:
        raise NotImplementedError

    def csv_rows(self, parameters: Parameters, actor: Actor) -> Iterable[Row]:
        """Return the rows of the report as CSV, the heading first."""
        raise NotImplementedError

    def download_pdf(self, parameters: Parameters, actor: Actor) -> HttpResponseBase:
        """Return the report as PDF."""
        raise NotImplementedError

    def accepted_parameters(self) -> Collection[str]:
        return (*self.form.base_fields, FORMAT)

    def render(self, request: HttpRequest) -> HttpResponseBase:
        given = {name: text for name, text in request.GET.dict().items() if str(text).strip()}
        chosen = given.get(FORMAT)
        if chosen not in (None, *self.formats):
            raise BadParameter(FORMAT, NOT_A_CHOICE)
        if not given and self.form.default().keys() < self.form.base_fields.keys():
            return self._page(request, self.form(initial=self.form.default()))
        form = self.form({**self.form.default(), **given})
        if form.is_valid():
            try:
                if chosen:
                    return self._download(request, chosen, form.cleaned_data)
                return self._page(request, form, self.build(form.cleaned_data, self.actor(request)))
            except DomainError as error:
                form.add_error(None, error.message)
        return self._page(request, form)

    def _download(self, request: HttpRequest, chosen: str, parameters: Parameters) -> HttpResponseBase:
        actor = self.actor(request)
        if chosen == PDF:
            return self.download_pdf(parameters, actor)
        return csv_response(self.name, self.csv_rows(parameters, actor), dialect_for(request))

    def url_for(self, parameters: Parameters) -> str:
        """Return the address of this report with these parameters."""
        given = {name: format_parameter(value) for name, value in parameters.items() if value not in (None, "")}
        return f"{self.url}?{urlencode(given)}"

    def _page(self, request: HttpRequest, form: forms.Form, found: ReportResult | None = None) -> TemplateResponse:
        parameters = form.cleaned_data if found else {}
        context = {
            **self.context(request),
            "form": form,
            "media": form.media,
            "found": found,
            "suggestions": [(name, self.url_for({**parameters, **days})) for name, days in self.form.suggestions()],
            "downloads": [(name.upper(), self.url_for({**parameters, FORMAT: name})) for name in self.formats],
            "csv_formats": csv_format_choices(request) if found else [],
            "made_at": timezone.now(),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)


def format_parameter(value: object) -> str:
    """Format a parameter for an address."""
    return str(getattr(value, "pk", value))


def format_amount_cell(amount: Decimal | int, currency: str, *, blank: bool = False) -> str:
    """Format an amount without currency, which the table shows: `1,550.00`. With `blank`, 0 is empty."""
    return "" if blank and not amount else local_amount(int(amount), currency)


def link(address: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, text)


def days_in_words(first: dt.date | None, last: dt.date) -> str:
    """Return the days of a report: both, or the last one if it covers everything before."""
    shown = local_day(last)
    return f"{local_day(first)} – {shown}" if first else gettext("As of %(day)s") % {"day": shown}


def total_line(*cells: object) -> Line:
    return Line(cells, "total")


def heading_line(text: object, columns: Sequence[Column]) -> Line:
    """Return a heading line for the lines below it."""
    return Line((text, *[""] * (len(columns) - 1)), "heading")


def build_lines(rows: Iterable[Sequence[object]]) -> list[Line]:
    return [Line(row) for row in rows]
