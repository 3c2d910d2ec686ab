"""Contracts, their versions, and the outcome of each validity period that ended.

PostgreSQL enforces their lifecycle: the constraints here, and the triggers of migration 0002.
"""

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.choices import Action, ContractStatus, ContractType, CycleOutcome, DeliveryType, PaymentType
from contracts.state_machine import ContractState
from parties.models import Party
from skeleton.db.compiled_sql import CurrentDate
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record
from skeleton.kernel.text import format_text, local_day

DAYS_MAX, MONTHS_MAX = 36_500, 1200
"""The longest period of a term or a renewal, in days and in months: a hundred years."""

FIRST_DAY, LAST_DAY = dt.date(1, 1, 1), dt.date(9999, 12, 30)
"""The bounds of validity periods. PostgreSQL stores the day after the last one, which Python must also support."""

PERIOD_NEEDED = _("Needed where auto_renewal is on, unless renewal_period_months is given.")
ONE_PERIOD = _("Give either renewal_period_months or renewal_period_days, not both.")
END_NEEDED = _("A contract that renews itself needs a last day.")

_PERCENT: dict[str, Any] = {"max_digits": 7, "decimal_places": 4, "null": True, "blank": True}


def _first_day() -> models.GeneratedField:
    expression = Func(F("validity_period"), function="lower")
    return models.GeneratedField(
        expression=expression, output_field=models.DateField(), db_persist=True, verbose_name=_("start date")
    )


def _last_day() -> models.GeneratedField:
    expression = Func(F("validity_period"), template="(upper(%(expressions)s) - 1)")
    return models.GeneratedField(
        expression=expression, output_field=models.DateField(), db_persist=True, verbose_name=_("end date")
    )


def period_text(start: dt.date, end: dt.date | None) -> str:
    """Return a validity period in the active language."""
    if end is None:
        return str(format_text(_("from {day}, without end"), day=start))
    return f"{local_day(start)} – {local_day(end)}"


class ContractTerms(models.Model):
    """The agreed terms: of a contract now, or of one of its versions.

    Money is in minor units: `credit_limit` (0 means none) of `currency`, `shipping_cost` of `shipping_currency`, or of
    `currency` if that is empty. Rates are percent. `start_date` and `end_date` are generated from `validity_period`,
    which includes both. Without a last day, `end_date` is empty and the contract doesn't expire.
    """

    payment_type = models.CharField(max_length=8, choices=PaymentType.choices, verbose_name=_("payment type"))
    credit_days = models.IntegerField(null=True, blank=True, verbose_name=_("credit days"))
    penalty_rate = models.DecimalField(**_PERCENT, verbose_name=_("penalty rate"))
    discount_rate = models.DecimalField(**_PERCENT, verbose_name=_("discount rate"))
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    delivery_type = models.CharField(max_length=8, choices=DeliveryType.choices, verbose_name=_("delivery type"))
    estimated_days = models.IntegerField(null=True, blank=True, verbose_name=_("estimated days"))
    shipping_cost = models.BigIntegerField(null=True, blank=True, verbose_name=_("shipping cost"))
    shipping_currency = models.CharField(max_length=3, null=True, blank=True, verbose_name=_("shipping currency"))  # noqa: DJ001 (the API says null)
    insurance = models.BooleanField(default=False, verbose_name=_("insurance"))
    validity_period = DateRangeField(verbose_name=_("validity period"))
    start_date = _first_day()
    end_date = _last_day()
    credit_limit = models.BigIntegerField(default=0, verbose_name=_("credit limit"))

    class Meta:
        abstract = True


class ContractQuerySet(RowLevelQuerySet["Contract"]):
    """Contracts."""

    def visible_to(self, actor: Any) -> Self:
        """Return every contract, with `today`. The permission to read contracts or parties covers all of them."""
        return self.with_today()

    @keyed(keeps_rows=True)
    def with_today(self) -> "models.QuerySet[Contract]":
        """Add `today`, from which a contract's actions and remaining days are calculated."""
        return self.annotate(today=CurrentDate())


class Contract(ContractTerms, Record):
    """A contract with a party.

    PostgreSQL maintains `version`, which counts the changes since activation, and `renewal_day`, the day of the month
    on which a contract that is renewed by months ends: 31 means the last day of each month. `terminates_on` is the
    first day on which a contract that has been given notice is no longer in force.
    """

    contract_type = models.CharField(max_length=11, choices=ContractType.choices, verbose_name=_("contract type"))
    party = models.ForeignKey(Party, models.PROTECT, related_name="contracts", db_index=False, verbose_name=_("party"))
    status = models.CharField(
        max_length=16,
        choices=ContractStatus.choices,
        default=ContractStatus.DRAFT,
        editable=False,
        verbose_name=_("status"),
    )
    auto_renewal = models.BooleanField(default=False, verbose_name=_("auto renewal"))
    renewal_period_months = models.IntegerField(null=True, blank=True, verbose_name=_("renewal period in months"))
    renewal_period_days = models.IntegerField(null=True, blank=True, verbose_name=_("renewal period days"))
    renewal_day = models.IntegerField(null=True, editable=False, verbose_name=_("renewal day"))
    renewal_count = models.IntegerField(default=0, editable=False, verbose_name=_("renewal count"))
    max_renewals = models.IntegerField(default=0, verbose_name=_("max renewals"))
    notice_days = models.IntegerField(null=True, blank=True, verbose_name=_("notice period in days"))
    notes = models.TextField(null=True, blank=True, verbose_name=_("notes"))  # noqa: DJ001
    version = models.IntegerField(default=1, editable=False, verbose_name=_("version"))
    signed_at = models.DateTimeField(null=True, blank=True, editable=False, verbose_name=_("signed at"))
    rejection_reason = models.TextField(null=True, blank=True, editable=False, verbose_name=_("rejection reason"))  # noqa: DJ001
    terminates_on = models.DateField(null=True, blank=True, editable=False, verbose_name=_("terminates on"))
    terminated_at = models.DateTimeField(null=True, blank=True, editable=False, verbose_name=_("terminated at"))
    termination_reason = models.TextField(null=True, blank=True, editable=False, verbose_name=_("termination reason"))  # noqa: DJ001
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("created by"),
    )

    objects = ContractQuerySet.as_manager()

    class Meta:
        db_table = "contracts_contract"
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(contract_type__in=ContractType.values),
                name="contracts_contract_type_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="contract_type",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ContractStatus.values),
                name="contracts_contract_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(payment_type__in=PaymentType.values),
                name="contracts_contract_payment_type_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="payment_type",
            ),
            models.CheckConstraint(
                condition=Q(delivery_type__in=DeliveryType.values),
                name="contracts_contract_delivery_type_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="delivery_type",
            ),
            models.CheckConstraint(
                condition=Q(validity_period__isempty=False),
                name="contracts_contract_end_after_start",
                violation_error_message=_("Must not be before start_date."),
                violation_error_code="end_date",
            ),
            models.CheckConstraint(
                condition=Q(validity_period__lower_inf=False, validity_period__startswith__gte=FIRST_DAY)
                & (
                    Q(validity_period__upper_inf=True)
                    | Q(validity_period__endswith__lte=LAST_DAY + dt.timedelta(days=1))
                ),
                name="contracts_contract_period_bounded",
                violation_error_message=format_text(
                    _("Must be from {first} to {last}."), first=FIRST_DAY, last=LAST_DAY
                ),
                violation_error_code="end_date",
            ),
            models.CheckConstraint(
                condition=~Q(payment_type=PaymentType.CREDIT) | Q(credit_days__isnull=False, credit_days__gt=0),
                name="contracts_contract_credit_has_days",
                violation_error_message=_("Needed, and over 0, where payment_type is credit."),
                violation_error_code="credit_days",
            ),
            models.CheckConstraint(
                condition=Q(credit_days=None) | Q(credit_days__gte=0, credit_days__lte=DAYS_MAX),
                name="contracts_contract_credit_days_bounds",
                violation_error_code="credit_days",
                violation_error_message=_("Must be from 0 to 36500."),
            ),
            models.CheckConstraint(
                condition=Q(estimated_days=None) | Q(estimated_days__gte=0, estimated_days__lte=DAYS_MAX),
                name="contracts_contract_estimated_days_bounds",
                violation_error_code="estimated_days",
                violation_error_message=_("Must be from 0 to 36500."),
            ),
            models.CheckConstraint(
                condition=Q(penalty_rate=None) | Q(penalty_rate__gte=0, penalty_rate__lte=100),
                name="contracts_contract_penalty_rate_bounds",
                violation_error_code="penalty_rate",
                violation_error_message=_("Must be from 0 to 100."),
            ),
            models.CheckConstraint(
                condition=Q(discount_rate=None) | Q(discount_rate__gte=0, discount_rate__lte=100),
                name="contracts_contract_discount_rate_bounds",
                violation_error_code="discount_rate",
                violation_error_message=_("Must be from 0 to 100."),
            ),
            models.CheckConstraint(
                condition=Q(shipping_cost=None) | Q(shipping_cost__gte=0),
                name="contracts_contract_shipping_cost_positive",
                violation_error_code="shipping_cost",
                violation_error_message=_("Must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0),
                name="contracts_contract_credit_limit_positive",
                violation_error_code="credit_limit",
                violation_error_message=_("Must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="contracts_contract_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="currency",
            ),
            models.CheckConstraint(
                condition=Q(shipping_currency=None) | Q(shipping_currency__regex="^[A-Z]{3}$"),
                name="contracts_contract_shipping_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="shipping_currency",
            ),
            models.CheckConstraint(
                condition=Q(auto_renewal=False)
                | Q(renewal_period_days__isnull=False)
                | Q(renewal_period_months__isnull=False),
                name="contracts_contract_renewal_has_period",
                violation_error_message=PERIOD_NEEDED,
                violation_error_code="renewal_period_days",
            ),
            models.CheckConstraint(
                condition=Q(renewal_period_days=None) | Q(renewal_period_months=None),
                name="contracts_contract_one_renewal_period",
                violation_error_message=ONE_PERIOD,
                violation_error_code="renewal_period_months",
            ),
            models.CheckConstraint(
                condition=Q(auto_renewal=False) | Q(validity_period__upper_inf=False),
                name="contracts_contract_renewal_has_end",
                violation_error_message=END_NEEDED,
                violation_error_code="end_date",
            ),
            models.CheckConstraint(
                condition=Q(renewal_period_months=None)
                | Q(renewal_period_months__gte=1, renewal_period_months__lte=MONTHS_MAX),
                name="contracts_contract_renewal_months_bounds",
                violation_error_code="renewal_period_months",
                violation_error_message=_("Must be from 1 to 1200."),
            ),
            models.CheckConstraint(
                condition=Q(notice_days=None) | Q(notice_days__gte=0, notice_days__lte=DAYS_MAX),
                name="contracts_contract_notice_days_bounds",
                violation_error_code="notice_days",
                violation_error_message=_("Must be from 0 to 36500."),
            ),
            models.CheckConstraint(
                condition=Q(renewal_period_days=None)
                | Q(renewal_period_days__gte=1, renewal_period_days__lte=DAYS_MAX),
                name="contracts_contract_renewal_period_bounds",
                violation_error_code="renewal_period_days",
                violation_error_message=_("Must be from 1 to 36500."),
            ),
            models.CheckConstraint(
                condition=Q(renewal_count__gte=0, max_renewals__gte=0)
                & (Q(max_renewals=0) | Q(renewal_count__lte=F("max_renewals"))),
                name="contracts_contract_renewals_within_cap",
                violation_error_message=_("It was renewed as often as agreed."),
                violation_error_code="max_renewals",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[ContractStatus.DRAFT, ContractStatus.PENDING_APPROVAL], signed_at=None, version=1
                )
                | Q(status__in=[ContractStatus.ACTIVE, ContractStatus.EXPIRED], signed_at__isnull=False)
                | Q(status=ContractStatus.TERMINATED),
                name="contracts_contract_signed_fits_status",
                violation_error_message=_("A contract is signed once it is active, and not before."),
            ),
            models.CheckConstraint(
                condition=Q(
                    status=ContractStatus.TERMINATED, terminated_at__isnull=False, termination_reason__isnull=False
                )
                | Q(
                    status=ContractStatus.ACTIVE,
                    terminated_at=None,
                    terminates_on__isnull=False,
                    termination_reason__isnull=False,
                )
                | Q(
                    ~Q(status=ContractStatus.TERMINATED),
                    terminated_at=None,
                    terminates_on=None,
                    termination_reason=None,
                ),
                name="contracts_contract_termination_fits_status",
                violation_error_message=_(
                    "A contract that is or will be terminated says when and why; other contracts don't."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status=ContractStatus.DRAFT) | Q(rejection_reason=None),
                name="contracts_contract_rejection_fits_status",
                violation_error_message=_("Only a draft can have a reason for its rejection."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("status", "id", name="contracts_contract_status"),
            models.Index("contract_type", "id", name="contracts_contract_type"),
            models.Index("party", "id", name="contracts_contract_party"),
            models.Index(
                "end_date", "id", name="contracts_contract_running", condition=Q(status=ContractStatus.ACTIVE)
            ),
            models.Index(
                "terminates_on",
                name="contracts_contract_terminating",
                condition=Q(status=ContractStatus.ACTIVE, terminates_on__isnull=False),
            ),
            GistIndex("validity_period", name="contracts_contract_validity"),
        ]

    def __str__(self) -> str:
        return f"{self.get_contract_type_display()} {period_text(self.start_date, self.end_date)}"

    def state(self, today: dt.date) -> ContractState:
        """Return the state that decides which actions are allowed on the day `today`."""
        return ContractState(self.status, self.end_date, self.renewal_count, self.max_renewals, today)


class ContractVersion(ContractTerms):
    """The terms between one change and the next. Written only by PostgreSQL when an activated contract changes.

    `action` is the action that changed the contract. `changed_by` is empty for the system.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="versions", db_index=False, verbose_name=_("contract")
    )
    version = models.IntegerField(verbose_name=_("version"))
    action = models.TextField(verbose_name=_("action"))
    status = models.CharField(max_length=16, choices=ContractStatus.choices, verbose_name=_("status"))
    changed_at = models.DateTimeField(verbose_name=_("changed at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("changed by"),
    )

    class Meta:
        db_table = "contracts_version"
        verbose_name = _("contract version")
        verbose_name_plural = _("contract versions")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["contract", "version"],
                name="contracts_version_unique",
                violation_error_message=_("This version of the contract exists already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {Action(self.action).label if self.action in Action.values else self.action}"


class ContractCycle(models.Model):
    """The outcome of a validity period that ended on `ended_on`. Each is settled once, even if the run is repeated."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="cycles", db_index=False, verbose_name=_("contract")
    )
    ended_on = models.DateField(verbose_name=_("ended on"))
    outcome = models.CharField(max_length=7, choices=CycleOutcome.choices, verbose_name=_("outcome"))
    renewed_until = models.DateField(null=True, blank=True, verbose_name=_("renewed until"))
    settled_at = models.DateTimeField(default=timezone.now, verbose_name=_("settled at"))

    class Meta:
        db_table = "contracts_cycle"
        verbose_name = _("contract cycle")
        verbose_name_plural = _("contract cycles")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["contract", "ended_on"],
                name="contracts_cycle_unique",
                violation_error_message=_("This cycle has already been settled."),
            ),
            models.CheckConstraint(
                condition=Q(outcome=CycleOutcome.RENEWED, renewed_until__gt=F("ended_on"))
                | Q(outcome=CycleOutcome.EXPIRED, renewed_until=None),
                name="contracts_cycle_outcome_fits",
                violation_error_message=_("A renewed cycle has a new end after its own; an expired one has none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{local_day(self.ended_on)}: {self.outcome}"
