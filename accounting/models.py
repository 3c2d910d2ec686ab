"""The general ledger: accounts, journal entries with lines, periods, and maintained balances.

PostgreSQL enforces the invariants: see `sql/0002_guards.sql`. Amounts are minor units (cents) of the line's currency.
"""

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import BigIntegerField, Case, ExpressionWrapper, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounting.chart import shown_name
from accounting.choices import DEBIT_NORMAL, AccountType, EntryKind, PeriodStatus, SourceType
from accounting.closing_models import YearClosing  # noqa: F401 (Django finds models here)
from accounting.descriptions import MAX_LENGTH, describe
from accounting.tax_code_models import TaxCode  # noqa: F401 (Django finds models here)
from parties.models import Party
from skeleton.db.counting import MaintainedCount
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.db.search import folded
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record
from skeleton.kernel.text import format_text, local_day
from skeleton.kernel.time_limits import FIRST_DAY
from skeleton.kernel.translation import Text

CODE = r"^[A-Za-z0-9][A-Za-z0-9.-]*$"
"""The format of account codes."""

LAST_DAY = dt.date(2999, 12, 31)
"""The last date for entries, which begin with `FIRST_DAY`. Anything outside of it is a typing error."""

CURRENCY = r"^[A-Z]{3}$"


NET = Cast(F("debit") - F("credit"), BigIntegerField())
"""Debits minus credits. A constraint keeps the result within int64."""


SUM = models.DecimalField(max_digits=38, decimal_places=0)
"""The type of sums over several accounts, which can exceed int64."""


def on_normal_side(net: Any, account: str = "", *, output: "models.Field[Any, Any] | None" = None) -> Any:
    """Return `net`, positive on the normal side of its account's type. `account` is the path to the account."""
    debit_normal = When(**{f"{account}type__in": DEBIT_NORMAL}, then=Value(1))
    return ExpressionWrapper(net * Case(debit_normal, default=Value(-1)), output_field=output or BigIntegerField())


class AccountQuerySet(RowLevelQuerySet["Account"]):
    """The chart of accounts."""

    def visible_to(self, actor: Any) -> Self:
        """Return every account, with `balance`. The permission to read accounting covers all accounts."""
        return self.with_balance()

    @keyed(keeps_rows=True)
    def with_balance(self) -> "models.QuerySet[Account]":
        """Add `balance` and `balance_with_children`: its own, and with those of all accounts below it.

        In minor units of the account's currency, or of the installation's if it has none. Positive on the normal side
        of the account's type.
        """
        currency = Coalesce(OuterRef("currency"), Value(settings.SKELETON_CURRENCY))
        net = Total.objects.filter(account=OuterRef("pk"), currency=currency).values(net=NET)
        own_currency = Coalesce(F("currency"), Value(settings.SKELETON_CURRENCY))
        below = Func(F("pk"), own_currency, function="accounting_net_with_children", output_field=SUM)
        return self.annotate(
            balance=on_normal_side(Coalesce(Subquery(net), Value(0))),
            balance_with_children=on_normal_side(below, output=SUM),
        )


class Account(Record):
    """An account of the chart. If it has a `currency`, it accepts no other. `code` never changes.

    A sub-account has its parent's type, enforced by a foreign key on both columns. A trigger prevents cycles.
    """

    code = models.CharField(max_length=20, verbose_name=_("code"))
    name = models.CharField(max_length=255, verbose_name=_("name"))
    type = models.CharField(max_length=9, choices=AccountType.choices, verbose_name=_("type"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    currency = models.CharField(max_length=3, null=True, blank=True, verbose_name=_("currency"))  # noqa: DJ001 (null: any currency)
    is_active = models.BooleanField(_("active"), default=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        db_table = "accounting_account"
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["code"],
                name="accounting_account_code_unique",
                violation_error_message=_("Another account already has this code."),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=CODE),
                name="accounting_account_code_form",
                violation_error_message=_("Only letters, digits, dots and hyphens."),
                violation_error_code="code",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="accounting_account_name_present",
                violation_error_message=_("May not be empty."),
                violation_error_code="name",
            ),
            models.CheckConstraint(
                condition=Q(type__in=AccountType.values),
                name="accounting_account_type_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="type",
            ),
            models.CheckConstraint(
                condition=Q(currency__isnull=True) | Q(currency__regex=CURRENCY),
                name="accounting_account_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="currency",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(Lower("name"), "id", name="accounting_account_name"),
            models.Index("type", "code", "id", name="accounting_account_type_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.shown_name}"

    @property
    def shown_name(self) -> Text:
        """The name for pages: of a seeded account in the language of the page, unless it was renamed."""
        return shown_name(self.code, self.name)


class EntryQuerySet(RowLevelQuerySet["Entry"]):
    """Journal entries. Their total count is maintained."""

    maintained_count = MaintainedCount("accounting_entry")

    def visible_to(self, actor: Any) -> Self:
        """Return every entry, with `reversed_by_id`. The permission to read accounting covers all entries."""
        return self.with_reversal()

    @keyed(keeps_rows=True)
    def with_reversal(self) -> "models.QuerySet[Entry]":
        """Add `reversed_by_id`: the entry that reverses it, if any."""
        undone = Entry.objects.filter(reverses=OuterRef("pk")).values("pk")
        return self.annotate(reversed_by_id=Subquery(undone))


class Entry(models.Model):
    """A journal entry. Written once, in one transaction with all of its lines; never changed or deleted.

    The source document is referenced without a foreign key (`source_type`, `source_id`, `purpose`), because accounting
    doesn't depend on invoices. The table has one more column, `xact`, the transaction that wrote the row. A trigger
    sets `xact` and `created_at`, and the `kind` of reversals: that of the entry that they reverse.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    date = models.DateField(verbose_name=_("date"))
    kind = models.CharField(
        max_length=8,
        choices=EntryKind.choices,
        default=EntryKind.ORDINARY,
        db_default=EntryKind.ORDINARY,
        editable=False,
        verbose_name=_("kind"),
    )
    description = models.CharField(max_length=MAX_LENGTH, verbose_name=_("description"))
    reference = models.CharField(max_length=100, null=True, blank=True, verbose_name=_("reference"))  # noqa: DJ001 (the API says null)
    source_type = models.CharField(max_length=11, choices=SourceType.choices, verbose_name=_("source type"))
    source_id = models.UUIDField(null=True, blank=True, verbose_name=_("source id"))
    purpose = models.CharField(max_length=30, default="", blank=True, verbose_name=_("purpose"))
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversals",
        db_index=False,
        verbose_name=_("reverses"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))

    objects = EntryQuerySet.as_manager()

    class Meta:
        db_table = "accounting_entry"
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(date__range=(FIRST_DAY, LAST_DAY)),
                name="accounting_entry_date_sane",
                violation_error_message=format_text(
                    _("Must lie between {first} and {last}."), first=FIRST_DAY, last=LAST_DAY
                ),
                violation_error_code="date",
            ),
            models.CheckConstraint(
                condition=~Q(description=""),
                name="accounting_entry_description_present",
                violation_error_message=_("May not be empty."),
                violation_error_code="description",
            ),
            models.CheckConstraint(
                condition=Q(source_type__in=SourceType.values),
                name="accounting_entry_source_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="source_type",
            ),
            models.CheckConstraint(
                condition=Q(source_type=SourceType.MANUAL, source_id__isnull=True)
                | (~Q(source_type=SourceType.MANUAL) & Q(source_id__isnull=False)),
                name="accounting_entry_source_named",
                violation_error_message=_("An entry names the document that it is for, or is made by hand."),
                violation_error_code="source_id",
            ),
            models.CheckConstraint(
                condition=Q(source_type=SourceType.REVERSAL, reverses__isnull=False, source_id=F("reverses"))
                | (~Q(source_type=SourceType.REVERSAL) & Q(reverses__isnull=True)),
                name="accounting_entry_reversal_named",
                violation_error_message=_("A reversal must name the transaction that it reverses."),
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.ORDINARY) & ~Q(source_type__in=(SourceType.OPENING, SourceType.CLOSING))
                | Q(
                    kind=EntryKind.OPENING,
                    source_type__in=(SourceType.OPENING, SourceType.INVOICE, SourceType.REVERSAL),
                )
                | Q(kind=EntryKind.CLOSING, source_type__in=(SourceType.CLOSING, SourceType.REVERSAL)),
                name="accounting_entry_kind_fits",
                violation_error_message=_("The kind of a transaction must fit its source."),
                violation_error_code="kind",
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                name="accounting_entry_reversed_once",
                violation_error_message=_("This transaction has already been reversed."),
                violation_error_code="id",
            ),
            models.UniqueConstraint(
                fields=["source_type", "source_id", "purpose"],
                condition=Q(source_id__isnull=False),
                name="accounting_entry_source_unique",
                violation_error_message=_("This document is already posted for this purpose."),
                violation_error_code="source_id",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("date", "id", name="accounting_entry_date"),
            models.Index("created_at", "id", name="accounting_entry_created_at"),
            models.Index("source_type", "id", name="accounting_entry_source_type"),
            # the closing entries that the income statement leaves out
            models.Index("date", "id", name="accounting_entry_closing", condition=Q(kind=EntryKind.CLOSING)),
            models.Index("reference", "id", name="accounting_entry_reference", condition=Q(reference__isnull=False)),
            GinIndex(
                OpClass(folded("description"), name="gin_trgm_ops"),
                OpClass(folded("reference"), name="gin_trgm_ops"),
                name="accounting_entry_search",
            ),
        ]

    def __str__(self) -> str:
        return f"{local_day(self.date)} {self.shown_as}"

    @property
    def shown_as(self) -> str:
        """Return the description in the active language. Reads the entry that it reverses."""
        return str(describe(self))


class LineQuerySet(RowLevelQuerySet["Line"]):
    """Lines of journal entries."""

    @keyed
    def of_account(self, account_id: Any) -> "models.QuerySet[Line]":
        """Return the lines of one account."""
        return self.filter(account_id=account_id)


class Line(models.Model):
    """A line of an entry: either a debit or a credit, above 0. `date` repeats the entry's for the ledger's index.

    `party` is whom a line recorded by hand concerns. A document's lines concern the document's customer.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("entry"))
    position = models.SmallIntegerField(verbose_name=_("position"))
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("account")
    )
    date = models.DateField(verbose_name=_("date"))
    debit = models.BigIntegerField(default=0, verbose_name=_("debit"))
    credit = models.BigIntegerField(default=0, verbose_name=_("credit"))
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    description = models.CharField(max_length=500, null=True, blank=True, verbose_name=_("description"))  # noqa: DJ001 (the API says null)
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("party")
    )

    objects = LineQuerySet.as_manager()

    class Meta:
        db_table = "accounting_line"
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0),
                name="accounting_line_one_side",
                violation_error_message=_("A line has either a debit or a credit, over 0."),
                violation_error_code="debit",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=CURRENCY),
                name="accounting_line_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="currency",
            ),
            models.UniqueConstraint(
                fields=["entry", "position"],
                name="accounting_line_position_unique",
                violation_error_message=_("Two lines cannot have the same position."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("account", "date", "id", name="accounting_line_ledger"),
            # index-only scans of the days between the edge of a month and the day of a report
            models.Index(
                fields=["date"], include=["account", "currency", "debit", "credit"], name="accounting_line_date"
            ),
            models.Index("party", "account", name="accounting_line_party", condition=Q(party__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.debit or -self.credit} {self.currency}"


class Total(models.Model):
    """The total of everything posted to an account in a currency. Only the trigger on lines may write it.

    The difference of the two sides always fits int64; each side alone may exceed it.
    """

    pk = models.CompositePrimaryKey("account_id", "currency")
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="totals", db_index=False, verbose_name=_("account")
    )
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    debit = models.DecimalField(max_digits=38, decimal_places=0, verbose_name=_("debit"))
    credit = models.DecimalField(max_digits=38, decimal_places=0, verbose_name=_("credit"))

    class Meta:
        db_table = "accounting_total"
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(debit__lte=F("credit") + Value(2**63 - 1), credit__lte=F("debit") + Value(2**63 - 1)),
                name="accounting_total_int64",
                violation_error_message=_("The balance of an account would be too large: it would exceed 2^63 - 1."),
                violation_error_code="lines",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.currency}"


class MonthTotal(models.Model):
    """The total posted to an account in a currency within a month (its first day). Maintained like `Total`."""

    pk = models.CompositePrimaryKey("account_id", "currency", "month")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("account"))
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    month = models.DateField(verbose_name=_("month"))
    debit = models.DecimalField(max_digits=38, decimal_places=0, verbose_name=_("debit"))
    credit = models.DecimalField(max_digits=38, decimal_places=0, verbose_name=_("credit"))

    class Meta:
        db_table = "accounting_month_total"
        verbose_name = _("month total")
        verbose_name_plural = _("month totals")

    def __str__(self) -> str:
        return f"{self.account_id} {self.currency} {self.month:%Y-%m}"


DAYS = Func("start_date", "end_date", Value("[]"), function="daterange", output_field=DateRangeField())
"""The days of a period as a range, including the first and the last."""


class Period(Record):
    """An accounting period, including its first and last day. While it is closed, nothing can be posted into it."""

    start_date = models.DateField(verbose_name=_("start date"))
    end_date = models.DateField(verbose_name=_("end date"))
    status = models.CharField(
        max_length=6, choices=PeriodStatus.choices, default=PeriodStatus.OPEN, editable=False, verbose_name=_("status")
    )
    closed_at = models.DateTimeField(null=True, editable=False, verbose_name=_("closed at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("closed by"),
    )

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "accounting_period"
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(end_date__gte=F("start_date")),
                name="accounting_period_dates_ordered",
                violation_error_message=_("Must not be before start_date."),
                violation_error_code="end_date",
            ),
            models.CheckConstraint(
                condition=Q(status=PeriodStatus.OPEN, closed_at__isnull=True, closed_by__isnull=True)
                | Q(status=PeriodStatus.CLOSED, closed_at__isnull=False),
                name="accounting_period_status_known",
                violation_error_message=_("A closed period says when and by whom it was closed; an open one does not."),
                violation_error_code="status",
            ),
            ExclusionConstraint(
                expressions=[(DAYS, RangeOperators.OVERLAPS)],
                name="accounting_period_no_overlap",
                violation_error_message=_("Another period already covers some of these days."),
                violation_error_code="start_date",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("start_date", "id", name="accounting_period_start"),
        ]

    def __str__(self) -> str:
        return f"{local_day(self.start_date)} – {local_day(self.end_date)}"
