"""The screen of payments: the register, a new payment, and what corrects one."""

import datetime as dt
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from billing.admin.money import (
    ALLOCATED,
    REFUNDED,
    AllocateForm,
    AllocationInline,
    EntriesMixin,
    RefundForm,
    RefundInline,
    ReversalForm,
    TakeBackForm,
    page_of,
    payment_state,
    record_link,
)
from billing.admin.payment_forms import NewPaymentForm
from billing.choices import PaymentDirection
from billing.models import Payment
from billing.models.payments import UNALLOCATED
from billing.payment_serializers import (
    AllocateInputSerializer,
    PaymentInputSerializer,
    PaymentReversalInputSerializer,
    RefundInputSerializer,
    UnallocateInputSerializer,
)
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.payments import receive_payment
from parties.models import Customer
from skeleton.db.search import SEARCH_TEXT, search_rows, words_of
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.text import format_text, in_zone, local_money
from skeleton.kernel.translation import Text
from skeleton.office.actions import ActionResult, admin_action, form_response
from skeleton.office.admins import ReadOnlyRecordAdmin
from skeleton.office.columns import format_money_html, money_column, text_link
from skeleton.office.filters import CurrencyFilter, DateRangeFilter, RelatedRecordFilter
from skeleton.office.form_errors import EXPECTED_ERRORS, add_to_form, domain_error_of
from skeleton.office.parameters import CHANGELIST_FILTERS, accepts_parameters, clean_search_text

AMOUNT = money_column("amount", _("amount"))


class YesNoFilter(DropdownFilter):
    """Filters payments by a condition."""

    condition: ClassVar[Q]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        if not self.value():
            return queryset
        return queryset.filter(self.condition) if self.value() == "yes" else queryset.exclude(self.condition)


class OnAccountFilter(YesNoFilter):
    title, parameter_name = _("on account"), "on_account"
    condition = UNALLOCATED


class ReversedFilter(YesNoFilter):
    title, parameter_name = pgettext_lazy("payment", "reversed"), "reversed"
    condition = Q(reversed_at__isnull=False)


def stands(payment: Payment) -> bool:
    """Return whether the payment came in and is not reversed."""
    return payment.direction == PaymentDirection.IN and payment.reversed_at is None


def has_money_left(payment: Payment) -> bool:
    return payment.unallocated > 0


class PaymentRefundInline(RefundInline):
    fk_name = "refund_of_payment"


@admin.register(Payment)
class PaymentAdmin(EntriesMixin, ReadOnlyRecordAdmin):
    resources = ("invoices",)
    export_fields = "__all__"
    list_display = ("number", "paid_on", "customer", AMOUNT, "on_account", "state", "method", "reference")
    list_filter = (
        ("direction", ChoicesDropdownFilter),
        OnAccountFilter,
        ReversedFilter,
        ("method", ChoicesDropdownFilter),
        CurrencyFilter,
        ("customer", RelatedRecordFilter),
        ("paid_at", DateRangeFilter),
    )
    list_select_related = ("customer",)
    search_fields = ("search_text",)
    search_help_text = _("Number, reference or customer")
    record_actions = ("allocate", "take_back", "refund", "reverse")
    KNOWN: ClassVar[Any] = (
        ("customer_shown", "state"),
        (AMOUNT, "paid_on"),
        (ALLOCATED, "on_account"),
        (REFUNDED, "refund_of"),
        ("method", "reference"),
        "external_id",
    )
    REVERSAL: ClassVar[Any] = (("reversal_day", "reversal_reason"),)
    TIMES: ClassVar[Any] = (("created_at", "created_by"), "reversed_at")
    readonly_fields = (
        *("customer_shown", "state", AMOUNT, "paid_on", ALLOCATED, "on_account", REFUNDED, "refund_of", "method"),
        *("reference", "external_id", "reversal_day", "reversal_reason", "created_at", "created_by", "reversed_at"),
        "entries",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        reversal = ((_("Reversal"), {"fields": self.REVERSAL}),) if obj and obj.reversed_at else ()
        times = (in_zone(_("Times ({zone})")), {"fields": self.TIMES, "classes": ["collapse"]})
        return self.with_entries(request, ((None, {"fields": self.KNOWN}), *reversal, times))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return (AllocationInline, PaymentRefundInline) if obj and obj.direction == PaymentDirection.IN else ()

    # reading

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search in the payment, or else in its customer. Both use their indexes, which one condition could not."""
        term = clean_search_text(SEARCH_VAR, search_term)
        if not words_of(term):
            return queryset, False
        payments = Payment.objects.order_by()
        own = search_rows(payments, term, self.get_search_fields(request))
        of_customer = search_rows(payments, term, (f"customer__{SEARCH_TEXT}",))
        return queryset.filter(pk__in=own.values("pk").union(of_customer.values("pk"))), False

    # adding

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and self.has_resource_permission(request, "write")

    @accepts_parameters(CHANGELIST_FILTERS, "customer")
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the form of a new payment, propose what it pays, or record it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        initial = {"customer_id": parse_uuid(request.GET.get("customer", ""))}
        form = NewPaymentForm(request.POST if posted else None, record=None, actor=self.actor(request), initial=initial)
        if posted and form.is_valid() and form.is_confirmed:
            found = self._record(request, form)
            if found:
                return found
        return form_response(self, request, form, title=_("Record payment"), button=form.button)

    def _record(self, request: HttpRequest, form: NewPaymentForm) -> HttpResponse | None:
        """Record the payment and return a redirect to it, or None with the errors in the form."""
        try:
            values = PaymentInputSerializer.parse(form.request_body())
            payment = Payment.objects.get(pk=receive_payment(**values, actor=self.actor(request)))
        except EXPECTED_ERRORS as exc:
            add_to_form(form, domain_error_of(exc))
            return None
        money = local_money(payment.amount, payment.currency)
        told = gettext("{number}: a payment of {amount} is recorded.").format(number=payment.number, amount=money)
        messages.success(request, told)
        return HttpResponseRedirect(self.change_url(payment))

    # columns

    @admin.display(description=_("status"))
    def state(self, payment: Payment) -> SafeString:
        return payment_state(payment)

    @admin.display(description=_("paid on"), ordering="paid_at")
    def paid_on(self, payment: Payment) -> dt.date:
        return payment.day

    @admin.display(description=_("on account"))
    def on_account(self, payment: Payment) -> Any:
        return format_money_html(payment.unallocated, payment.currency)

    @admin.display(description=_("customer"))
    def customer_shown(self, payment: Payment) -> SafeString:
        screen: Any = self.admin_site.get_model_admin(Customer)
        return text_link(screen.change_url_by_pk(payment.customer_id), payment.customer)

    @admin.display(description=_("refund of"))
    def refund_of(self, payment: Payment) -> SafeString | str:
        return record_link(payment.refund_of_payment or payment.refund_of_credit_note) or "–"

    # actions

    @admin_action(
        pgettext_lazy("payment", "Allocate"),
        form=AllocateForm,
        shown_if=has_money_left,
        icon="join_inner",
        variant=ActionVariant.PRIMARY,
        question=_("Settles an open invoice of the customer with what is on account."),
    )
    def allocate(self, request: HttpRequest, payment: Payment, form: AllocateForm) -> Text:
        values = AllocateInputSerializer.parse(form.request_body())
        allocate_payment(payment_id=payment.pk, **values, actor=self.actor(request))
        return _("The payment is allocated.")

    @admin_action(
        pgettext_lazy("payment", "Take back"),
        form=TakeBackForm,
        shown_if=lambda payment: stands(payment) and payment.allocated > 0,
        icon="undo",
        question=_("What the payment settles of the invoice is on account again, and due on the invoice."),
    )
    def take_back(self, request: HttpRequest, payment: Payment, form: TakeBackForm) -> Text:
        values = UnallocateInputSerializer.parse(form.request_body())
        unallocate_payment(payment_id=payment.pk, **values, actor=self.actor(request))
        return _("The amount is on account again.")

    @admin_action(
        pgettext_lazy("payment", "Refund"),
        form=RefundForm,
        shown_if=has_money_left,
        permissions=("invoices:refund",),
        icon="currency_exchange",
        question=_("Records that you paid back what is on account. It does not move the money itself."),
    )
    def refund(self, request: HttpRequest, payment: Payment, form: RefundForm) -> ActionResult:
        values = RefundInputSerializer.parse(form.request_body())
        refund_id: UUID = refund_payment(payment_id=payment.pk, **values, actor=self.actor(request))
        refund = Payment.objects.get(pk=refund_id)
        return ActionResult(format_text(_("The refund {number} is recorded."), number=refund.number), page_of(refund))

    @admin_action(
        pgettext_lazy("payment", "Reverse"),
        form=ReversalForm,
        shown_if=lambda payment: payment.reversed_at is None,
        permissions=("invoices:refund",),
        icon="undo",
        variant=ActionVariant.DANGER,
        question=_("What it settles is due again. A reversed payment stays on record and cannot be restored."),
    )
    def reverse(self, request: HttpRequest, payment: Payment, form: ReversalForm) -> Text:
        values = PaymentReversalInputSerializer.parse(form.request_body())
        reverse_payment(payment_id=payment.pk, **values, actor=self.actor(request))
        return format_text(_("{number} is reversed."), number=payment.number)
