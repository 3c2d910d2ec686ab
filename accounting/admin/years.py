"""The screen of year ends: a year is closed by adding one, and reopened."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold import widgets
from unfold.enums import ActionVariant

from accounting.choices import SourceType, YearStatus
from accounting.closing_models import YearClosing
from accounting.fiscal_years import fiscal_year, fiscal_year_of, is_year
from accounting.models import Entry
from accounting.serializers import YearInputSerializer
from accounting.services import close_year, reopen_year
from accounting.year_queries import fiscal_years
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.actions import admin_action
from skeleton.office.columns import EMPTY, format_money_html, format_table_html, text_link
from skeleton.office.forms import ActionForm, RecordForm
from skeleton.office.numbers import LocalizedIntegerField
from skeleton.office.records import RecordAdmin


class YearField(LocalizedIntegerField):
    """The calendar year in which a fiscal year begins. Its error says how a year is written."""

    def to_python(self, value: object) -> int | None:
        try:
            year = super().to_python(value)
        except forms.ValidationError:
            year = 0
        if year is not None and not is_year(year):
            told = format_text(
                _("Write a year of four digits, such as {year}."), year=str(fiscal_year_of(today()).year)
            )
            raise forms.ValidationError(str(told), code="invalid")
        return year


class YearForm(RecordForm):
    year = YearField(
        label=_("Year"),
        help_text=_("The calendar year in which the fiscal year begins. Its result moves to retained earnings."),
    )
    early = forms.BooleanField(
        required=False,
        widget=widgets.UnfoldBooleanWidget,
        label=_("Close before its end"),
        help_text=_("Only needed for a year that is not over."),
    )

    class Meta:
        model = YearClosing
        fields = ("year",)

    def clean(self) -> dict[str, Any]:
        """Ask before a year is closed that is not over: its remaining days can't be posted to afterwards."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        year = cleaned.get("year")
        if year is None or cleaned.get("early"):
            return cleaned
        asked = fiscal_year(year)
        if asked.first <= today() <= asked.last:
            told = _(
                "The year {year} is not over: it ends on {day}. Once it is closed, nothing can be posted to its "
                "remaining days. Confirm here if you want to close it now."
            )
            self.add_error("early", str(format_text(told, year=asked.label, day=asked.last)))
        return cleaned

    def request_body(self, *, partial: bool) -> Values:
        return {name: value for name, value in super().request_body(partial=partial).items() if name != "early"}


@admin.register(YearClosing)
class YearClosingAdmin(RecordAdmin):
    resources = ("accounting",)
    export_fields = "__all__"
    form = YearForm
    create_input = YearInputSerializer
    list_display = ("name", "start_date", "end_date", "state", "created_at", "closed_by")
    ordering = ("-end_date", "-id")
    record_actions = ("reopen",)
    readonly_fields = (
        *("name", "start_date", "end_date", "state", "created_at", "closed_by", "reopened_at", "reopened_by"),
        *("results", "entries"),
    )
    fieldsets = (
        (None, {"fields": (("name", "state"), ("start_date", "end_date"), "results", "entries")}),
        (_("Who closed it"), {"fields": (("created_at", "closed_by"), ("reopened_at", "reopened_by"))}),
    )
    add_fieldsets = ((None, {"fields": ("year", "early")}),)

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return close_year(**values, actor=actor)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the last year as the year to close."""
        return {"year": fiscal_year_of(today()).year - 1}

    @display(description=_("year"), ordering="end_date")
    def name(self, closing: YearClosing) -> str:
        return str(closing)

    @display(description=_("status"))
    def state(self, closing: YearClosing) -> Text:
        return YearStatus.OPEN.label if closing.reopened_at else YearStatus.CLOSED.label

    @display(description=_("net income"))
    def results(self, closing: YearClosing) -> SafeString | str:
        found = next(row for row in fiscal_years(also=closing.year) if row["year"] == closing.year)
        amounts = (
            (row["currency"], format_money_html(int(row["net_income"]), row["currency"])) for row in found["results"]
        )
        return format_table_html((_("Currency"), _("Net income")), amounts)

    @display(description=_("transactions"))
    def entries(self, closing: YearClosing) -> SafeString | str:
        """Return links to the closing's transactions, each with its reversal if the year was reopened."""
        found = Entry.objects.filter(source_type=SourceType.CLOSING, source_id=closing.pk).order_by("purpose")
        links = (
            (text_link(reverse("admin:accounting_entry_change", args=[entry.pk]), f"{entry} ({of.purpose})"),)
            for of in found.prefetch_related("reversals")
            for entry in (of, *of.reversals.all())
        )
        return format_html_join(SafeString("<br>"), "{}", links) or EMPTY

    @admin_action(
        pgettext_lazy("fiscal year", "Reopen"),
        icon="lock_open",
        variant=ActionVariant.DANGER,
        shown_if=lambda closing: closing.reopened_at is None,
        question=_(
            "This reverses the closing transactions on the same day. The days of the year can be posted to again."
        ),
    )
    def reopen(self, request: HttpRequest, closing: YearClosing, form: ActionForm) -> Text:
        reopen_year(year=closing.year, actor=self.actor(request))
        return format_text(_("The year {year} is open."), year=str(closing))
