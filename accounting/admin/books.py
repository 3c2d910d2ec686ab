"""The screens of accounting: accounts are edited, transactions read and reversed, periods closed and reopened."""

import datetime as dt
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold import widgets
from unfold.contrib.filters.admin import DropdownFilter
from unfold.enums import ActionVariant

from accounting import spreadsheets
from accounting.admin.entry_forms import EntryForm, EntryLineInline
from accounting.admin.reports import ledger_address
from accounting.choices import DEBIT_NORMAL, AccountType, PeriodStatus, Purpose
from accounting.descriptions import words_of_document
from accounting.models import Account, Entry, Line, Period
from accounting.serializers import (
    AccountInputSerializer,
    AccountUpdateInputSerializer,
    PeriodInputSerializer,
    TransactionInputSerializer,
)
from accounting.services import (
    close_period,
    create_account,
    create_period,
    post_entry,
    posting_of,
    reopen_period,
    reverse_entry,
    update_account,
)
from accounting.sources import source_links
from skeleton.importexport.import_admin import ImportableAdmin
from skeleton.importexport.processing import RowPlan
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text, local_day
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.columns import EMPTY, active_column, format_money_html, format_table_html, status_column, text_link
from skeleton.office.dates import LocalizedDateField
from skeleton.office.filters import DateRangeFilter
from skeleton.office.forms import ActionForm, RecordForm
from skeleton.office.records import RecordAdmin

TYPES = {"asset": "info", "liability": "warning", "equity": "primary", "revenue": "success", "expense": "danger"}
SOURCES = {
    "manual": "primary",
    "invoice": "info",
    "payment": "success",
    "credit_note": "info",
    "allocation": "success",
    "write_off": "danger",
    "reversal": "warning",
    "opening": "primary",
    "closing": "primary",
}
PERIODS_IN_COLOUR = {"open": "success", "closed": "warning"}
SHOWN_LINES = 200


class AccountForm(RecordForm):
    aliases: ClassVar[dict[str, str]] = {"parent_id": "parent"}

    class Meta:
        model = Account
        fields = ("code", "name", "type", "parent", "currency", "is_active")

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        return {"parent_id" if name == "parent" else name: value for name, value in body.items()}


@admin.register(Account)
class AccountAdmin(ImportableAdmin):
    resources = ("accounting",)
    table = spreadsheets.ACCOUNTS
    form = AccountForm
    create_input, update_input = AccountInputSerializer, AccountUpdateInputSerializer
    list_display = ("code", "name_shown", status_column("type", TYPES, _("type")), "balances_shown", active_column())
    list_filter = ("type", "is_active")
    search_fields = ("code", "name")
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": (("code", "name"), ("type", "parent"), ("currency", "is_active"))}),
        (_("Balance"), {"fields": (("balances_shown", "ledger"), "with_children", "recent_lines")}),
    )
    add_fieldsets = ((None, {"fields": (("code", "name"), ("type", "parent"), ("currency", "is_active"))}),)
    readonly_fields = ("balances_shown", "ledger", "with_children", "recent_lines")

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return super().rows(actor).prefetch_related("totals")

    def get_autocomplete_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the accounts that take postings."""
        below = Account.objects.filter(parent=OuterRef("pk"))
        posted = Line.objects.filter(account=OuterRef("pk"))
        return self.get_queryset(request).filter(Exists(posted) | ~Exists(below), is_active=True)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "code") if obj else self.readonly_fields

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return create_account(values=values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        update_account(account_id=pk, values=values, actor=actor)

    def lock_order_key(self, plan: RowPlan) -> Any:
        """Keep the order of the file: an account can be below one that comes earlier in it."""
        return plan.row.number

    @display(description=_("name"), ordering="name")
    def name_shown(self, account: Account) -> Text:
        return account.shown_name

    @display(description=_("balance"))
    def balances_shown(self, account: Account) -> SafeString | str:
        side = 1 if account.type in DEBIT_NORMAL else -1
        totals = sorted(account.totals.all(), key=lambda total: total.currency)
        amounts = ((format_money_html(int(side * (total.debit - total.credit)), total.currency),) for total in totals)
        return format_html_join(SafeString("<br>"), "{}", amounts) or EMPTY

    @display(description=_("balance with sub-accounts"))
    def with_children(self, account: Any) -> Any:
        return format_money_html(int(account.balance_with_children), account.currency or settings.SKELETON_CURRENCY)

    @display(description=_("ledger"))
    def ledger(self, account: Account) -> SafeString:
        return _ledger_link(account, _("This year's lines, each with the balance after it"), today(), whole_year=True)

    @display(description=_("last lines"))
    def recent_lines(self, account: Account) -> SafeString | str:
        lines = account.lines.select_related("entry__reverses").order_by("-date", "-id")[:SHOWN_LINES]
        return format_table_html(
            (_("Date"), _("Transaction"), _("Debit"), _("Credit")),
            (
                (
                    local_day(line.date),
                    _link(line.entry),
                    _side(line.debit, line.currency),
                    _side(line.credit, line.currency),
                )
                for line in lines
            ),
        )


class AccountTypeFilter(DropdownFilter):
    """Filters transactions by the account type of their lines."""

    title, parameter_name = _("touches"), "touches"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return AccountType.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        lines = Line.objects.filter(entry=OuterRef("pk"), account__type=self.value())
        return queryset.filter(Exists(lines)) if self.value() else queryset


class ReverseForm(ActionForm):
    date = LocalizedDateField(
        required=False,
        help_text=_("Defaults to today."),
        label=_("Date"),
    )
    description = forms.CharField(
        required=False, max_length=500, widget=widgets.UnfoldAdminTextInputWidget, label=_("Description")
    )


@admin.register(Entry)
class EntryAdmin(RecordAdmin):
    resources = ("accounting",)
    table, export_fields = spreadsheets.JOURNAL, "__all__"
    form = EntryForm
    create_input = TransactionInputSerializer
    list_display = ("date", "described", "reference", status_column("source_type", SOURCES, _("made by")), "amounts")
    list_filter = ("source_type", "kind", AccountTypeFilter, ("date", DateRangeFilter))
    search_fields = ("description", "reference")
    ordering = ("-id",)
    record_actions = ("reverse",)
    readonly_fields = (
        "date",
        "described",
        "reference",
        "source_type",
        "kind",
        "source",
        "undoing",
        "purpose_shown",
        "lines_table",
        "reverses",
        "reversed_by",
        "created_by",
        "created_at",
    )
    fieldsets = (
        (None, {"fields": (("date", "reference"), "described", "lines_table")}),
        (
            _("Where it comes from"),
            {"fields": (("source_type", "purpose_shown"), ("kind", "source"), "undoing", ("reverses", "reversed_by"))},
        ),
        (_("Who recorded it"), {"fields": (("created_by", "created_at"),)}),
    )
    add_fieldsets = ((None, {"fields": (("date", "reference"), "description", "currency")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return () if obj else (EntryLineInline,)

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        lines = [posting_of(line) for line in values.pop("lines")]
        try:
            return post_entry(**values, lines=lines, actor=actor)
        except Invalid as error:
            if "debit" in (error.details or {}):  # the sums and their currency, for API clients
                raise Invalid(error.message) from error
            raise

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("reverses").prefetch_related("lines")
        return rows

    def export_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the lines of the entries, by day."""
        return Line.objects.filter(entry__in=rows.order_by().values("pk")).order_by("date", "entry_id", "position")

    @display(description=_("description"), ordering="description")
    def described(self, entry: Entry) -> str:
        return entry.shown_as

    @display(description=_("amount"))
    def amounts(self, entry: Entry) -> SafeString | str:
        sums: dict[str, int] = {}
        for line in entry.lines.all():
            sums[line.currency] = sums.get(line.currency, 0) + line.debit
        amounts = ((format_money_html(amount, currency),) for currency, amount in sorted(sums.items()))
        return format_html_join(SafeString("<br>"), "{}", amounts) or EMPTY

    @display(description=_("lines"))
    def lines_table(self, entry: Entry) -> SafeString | str:
        lines = entry.lines.select_related("account", "party").order_by("position")
        return format_table_html(
            (_("Account"), _("Party"), _("Description"), _("Debit"), _("Credit")),
            (
                (
                    _ledger_link(line.account, str(line.account), line.date),
                    line.party or "",
                    line.description or "",
                    _side(line.debit, line.currency),
                    _side(line.credit, line.currency),
                )
                for line in lines
            ),
        )

    @display(description=_("document"))
    def source(self, entry: Entry) -> SafeString | str:
        """Return links to the documents that the entry is for."""
        found = source_links(entry)
        return format_html_join(", ", "{}", ((text_link(address, text),) for text, address in found)) or EMPTY

    @display(description=_("how to undo it"))
    def undoing(self, entry: Entry) -> Text:
        """Return how to undo what the entry's document posted. Other entries are reversed here."""
        words = words_of_document(entry)
        return words.undo if words else EMPTY

    @display(description=_("purpose"))
    def purpose_shown(self, entry: Entry) -> Text:
        return Purpose(entry.purpose).label if entry.purpose in Purpose else entry.purpose or EMPTY

    @display(description=_("reversed by"))
    def reversed_by(self, entry: Any) -> SafeString | str:
        undoing = Entry.objects.filter(reverses=entry.pk).first()
        return _link(undoing) if undoing else EMPTY

    @admin_action(
        pgettext_lazy("transaction", "Reverse"),
        form=ReverseForm,
        icon="undo",
        variant=ActionVariant.DANGER,
        shown_if=lambda entry: entry.reversed_by_id is None and words_of_document(entry) is None,
        question=_("This records a reversing transaction. Both stay in the books and cancel each other out."),
    )
    def reverse(self, request: HttpRequest, entry: Entry, form: ReverseForm) -> Text:
        given = form.cleaned_data
        reverse_entry(
            entry_id=entry.pk,
            actor=self.actor(request),
            date=given["date"],
            description=given["description"] or None,
        )
        return _("The transaction is reversed.")


class PeriodForm(RecordForm):
    class Meta:
        model = Period
        fields = ("start_date", "end_date")


@admin.register(Period)
class PeriodAdmin(RecordAdmin):
    resources = ("accounting",)
    export_fields = "__all__"
    form = PeriodForm
    create_input = PeriodInputSerializer
    list_display = ("start_date", "end_date", status_column("status", PERIODS_IN_COLOUR), "closed_at")
    list_filter = ("status",)
    ordering = ("-start_date",)
    record_actions = ("close", "reopen")
    fieldsets = ((None, {"fields": (("start_date", "end_date"), ("status", "closed_at", "closed_by"))}),)
    add_fieldsets = ((None, {"fields": (("start_date", "end_date"),)}),)
    readonly_fields = ("status", "closed_at", "closed_by")

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return create_period(**values, actor=actor)

    @admin_action(
        pgettext_lazy("period", "Close"),
        icon="lock",
        shown_if=lambda period: period.status == PeriodStatus.OPEN,
        question=_("Nothing can be recorded in this period until it is reopened."),
    )
    def close(self, request: HttpRequest, period: Period, form: ActionForm) -> Text:
        close_period(period_id=period.pk, actor=self.actor(request))
        return format_text(_("The period {period} is closed."), period=period)

    @admin_action(_("Reopen"), icon="lock_open", shown_if=lambda period: period.status == PeriodStatus.CLOSED)
    def reopen(self, request: HttpRequest, period: Period, form: ActionForm) -> Text:
        reopen_period(period_id=period.pk, actor=self.actor(request))
        return format_text(_("The period {period} is open."), period=period)


def _side(amount: int, currency: str) -> Any:
    return format_money_html(amount, currency) if amount else ""


def _ledger_link(account: Account, text: Text, last: dt.date, *, whole_year: bool = False) -> SafeString:
    """Return a link to the account's ledger up to a day, from the start of that month or year."""
    first = last.replace(month=1, day=1) if whole_year else last.replace(day=1)
    return text_link(ledger_address(account.pk, first, last), text)


def _link(entry: Entry) -> SafeString:
    return text_link(reverse("admin:accounting_entry_change", args=[entry.pk]), entry.shown_as)
