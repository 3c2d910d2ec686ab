"""The screen of contracts. Drafts are edited, the rest is read-only; the actions call the services."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from contracts import services
from contracts.admin.forms import (
    ContractForm,
    DeliveryTermsForm,
    NewEndForm,
    PaymentTermsForm,
    ReasonForm,
    SignatureForm,
    TerminationForm,
)
from contracts.admin.terms import TermsDisplayMixin, VersionInline
from contracts.choices import Action, ContractStatus
from contracts.models import Contract
from contracts.queries import expiring
from contracts.serializers import (
    ActivateInputSerializer,
    ContractInputSerializer,
    DeliveryTermsInputSerializer,
    PaymentTermsInputSerializer,
    RejectInputSerializer,
    RenewInputSerializer,
    TerminateInputSerializer,
)
from contracts.state_machine import allowed_actions, days_remaining
from parties.choices import PartyKind, PartyStatus
from parties.models import Customer, Employee, Partner, Party, Supplier
from skeleton.db.search import SEARCH_TEXT, search_rows
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text, in_zone
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.admins import autocomplete_response
from skeleton.office.columns import status_column
from skeleton.office.forms import ActionForm
from skeleton.office.parameters import AUTOCOMPLETE_PARAMETERS, accepts_parameters, clean_search_text
from skeleton.office.records import RecordAdmin

STATUS = status_column(
    "status",
    {
        ContractStatus.PENDING_APPROVAL: "primary",
        ContractStatus.ACTIVE: "success",
        ContractStatus.EXPIRED: "warning",
        ContractStatus.TERMINATED: "danger",
    },
)
KINDS: dict[str, Any] = {
    PartyKind.CUSTOMER: Customer,
    PartyKind.SUPPLIER: Supplier,
    PartyKind.PARTNER: Partner,
    PartyKind.EMPLOYEE: Employee,
}
"""The models of the party screens, by kind of party."""


def can(action: Action) -> Any:
    """Return a condition: the contract allows the action, by the same state machine that the services use."""
    return lambda contract: action.value in allowed_actions(contract.state(contract.today))


class ExpiringFilter(DropdownFilter):
    title, parameter_name = _("expiring"), "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("7", _("Within a week")), ("30", _("Within 30 days")), ("90", _("Within 90 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contract]) -> QuerySet[Contract]:
        known = dict(self.lookup_choices)
        return expiring(queryset, int(self.value())) if self.value() in known else queryset


@admin.register(Contract)
class ContractAdmin(TermsDisplayMixin, RecordAdmin):
    resources = ("contracts", "parties")
    export_fields = "__all__"
    form = ContractForm
    create_input = update_input = ContractInputSerializer
    list_display = ("party", "contract_type", STATUS, "validity", "limit", "version", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("contract_type", ChoicesDropdownFilter),
        ExpiringFilter,
    )
    search_fields = ("party__search_text",)
    search_help_text = _("The party's name, e-mail, tax id or phone")
    record_actions = (
        "submit",
        "approve",
        "reject",
        "activate",
        "renew",
        "payment_terms",
        "delivery_terms",
        "terminate",
    )
    bulk_actions = ("submit", "approve")
    inlines = (VersionInline,)
    EDITED: ClassVar[Any] = (
        (None, {"fields": (("contract_type", "party_id"), ("first_day", "last_day"), "notes")}),
        (
            _("Payment"),
            {
                "fields": (
                    ("payment_type", "credit_days"),
                    ("penalty_rate", "discount_rate"),
                    ("currency", "credit_limit"),
                )
            },
        ),
        (
            _("Delivery"),
            {"fields": (("delivery_type", "estimated_days"), ("shipping_cost", "shipping_currency"), "insurance")},
        ),
        (
            _("Renewal and notice"),
            {
                "fields": (
                    "auto_renewal",
                    ("renewal_period_months", "renewal_period_days"),
                    ("max_renewals", "notice_days"),
                )
            },
        ),
    )
    SHOWN: ClassVar[Any] = (
        (None, {"fields": (("contract_type", "party_shown"), ("validity", "remaining"), "notes")}),
        (_("Terms"), {"fields": (("payment", "delivery"), "limit")}),
        (
            _("Renewal and notice"),
            {
                "fields": (
                    ("auto_renewal", "notice_days"),
                    ("renewal_period_months", "renewal_period_days"),
                    ("renewal_count", "max_renewals"),
                )
            },
        ),
    )
    STATE: ClassVar[Any] = (
        in_zone(_("State and times ({zone})")),
        {
            "fields": (
                (STATUS, "version"),
                ("signed_at", "terminated_at"),
                ("terminates_on", "termination_reason"),
                "rejection_reason",
                ("created_at", "created_by"),
            )
        },
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contract]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("party")
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.EDITED
        return (*(self.EDITED if self.has_change_permission(request, obj) else self.SHOWN), self.STATE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        parts = (self.STATE,) if self.has_change_permission(request, obj) else (*self.SHOWN, self.STATE)
        lines = [line for _, part in parts for line in part["fields"]]
        return tuple(name for line in lines for name in (line if isinstance(line, tuple) else (line,)))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj and obj.signed_at else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        fixed = isinstance(obj, Contract) and obj.status != ContractStatus.DRAFT
        return not fixed and super().has_change_permission(request, obj)

    # parties to choose from

    def get_urls(self) -> list[Any]:
        parties = path("parties/", self.admin_site.admin_view(self.pick_party), name="contracts_party_pick")
        return [parties, *super().get_urls()]

    @accepts_parameters(*AUTOCOMPLETE_PARAMETERS)
    def pick_party(self, request: HttpRequest) -> HttpResponse:
        """Return the active parties that match a search text, of the kinds whose screens the user may see."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        screens = {kind: self.admin_site.get_model_admin(model) for kind, model in KINDS.items()}
        seen = [kind for kind, screen in screens.items() if screen.has_view_permission(request)]
        text = clean_search_text("term", request.GET.get("term", ""))
        rows = search_rows(Party.objects.filter(kind__in=seen, status=PartyStatus.ACTIVE), text, (SEARCH_TEXT,))
        return autocomplete_response(request, rows.order_by("-pk"), lambda party: f"{party.name} ({party.kind})")

    # saving

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return services.create_contract(values=values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        services.update_contract(contract_id=pk, values=values, actor=actor)

    # columns

    @admin.display(description=_("party"))
    def party_shown(self, contract: Contract) -> Any:
        screen: Any = self.admin_site.get_model_admin(KINDS[contract.party.kind])
        page = screen.change_url_by_pk(contract.party_id)
        return format_html('<a class="text-link" href="{}">{}</a>', page, contract.party.name)

    @admin.display(description=_("days remaining"))
    def remaining(self, contract: Any) -> int | None:
        return days_remaining(contract.status, contract.end_date, contract.terminates_on, contract.today)

    # actions

    @admin_action(
        pgettext_lazy("contract", "Submit"),
        shown_if=can(Action.SUBMIT),
        icon="send",
        variant=ActionVariant.PRIMARY,
        question=_("Somebody other than its author approves it then."),
    )
    def submit(self, request: HttpRequest, contract: Contract, form: ActionForm) -> Text:
        services.submit_contract(contract_id=contract.pk, actor=self.actor(request))
        return _("The contract awaits approval.")

    @admin_action(
        _("Approve"),
        shown_if=can(Action.APPROVE),
        icon="verified",
        variant=ActionVariant.PRIMARY,
        question=_("It is active from then on, signed now."),
    )
    def approve(self, request: HttpRequest, contract: Contract, form: ActionForm) -> Text:
        services.approve_contract(contract_id=contract.pk, actor=self.actor(request))
        return _("The contract is active.")

    @admin_action(
        _("Reject"), form=ReasonForm, shown_if=can(Action.REJECT), icon="undo", question=_("It is a draft again.")
    )
    def reject(self, request: HttpRequest, contract: Contract, form: ReasonForm) -> Text:
        services.reject_contract(
            contract_id=contract.pk, **RejectInputSerializer.parse(form.request_body()), actor=self.actor(request)
        )
        return _("The contract is a draft again.")

    @admin_action(
        _("Activate"),
        form=SignatureForm,
        shown_if=can(Action.ACTIVATE),
        icon="play_circle",
        question=_("From then on only its terms can be changed, and each change is a version."),
    )
    def activate(self, request: HttpRequest, contract: Contract, form: SignatureForm) -> Text:
        values = ActivateInputSerializer.parse(form.request_body())
        services.activate_contract(contract_id=contract.pk, **values, actor=self.actor(request))
        return _("The contract is active.")

    @admin_action(
        _("Renew"), form=NewEndForm, shown_if=can(Action.RENEW), icon="autorenew", variant=ActionVariant.PRIMARY
    )
    def renew(self, request: HttpRequest, contract: Contract, form: NewEndForm) -> Text:
        values = RenewInputSerializer.parse(form.request_body())
        services.renew_contract(contract_id=contract.pk, **values, actor=self.actor(request))
        return format_text(_("The contract is renewed until {day}."), day=values["new_end_date"])

    @admin_action(_("Payment terms"), form=PaymentTermsForm, shown_if=can(Action.PAYMENT_TERMS), icon="payments")
    def payment_terms(self, request: HttpRequest, contract: Contract, form: PaymentTermsForm) -> Text:
        values = PaymentTermsInputSerializer.parse(form.request_body(), partial=True)
        services.change_payment_terms(contract_id=contract.pk, values=values, actor=self.actor(request))
        return _("The payment terms are saved.")

    @admin_action(
        _("Delivery terms"), form=DeliveryTermsForm, shown_if=can(Action.DELIVERY_TERMS), icon="local_shipping"
    )
    def delivery_terms(self, request: HttpRequest, contract: Contract, form: DeliveryTermsForm) -> Text:
        values = DeliveryTermsInputSerializer.parse(form.request_body(), partial=True)
        services.change_delivery_terms(contract_id=contract.pk, values=values, actor=self.actor(request))
        return _("The delivery terms are saved.")

    @admin_action(
        _("Terminate"),
        form=TerminationForm,
        shown_if=can(Action.TERMINATE),
        icon="block",
        variant=ActionVariant.DANGER,
        question=_("A terminated contract stays on record and cannot be reopened."),
    )
    def terminate(self, request: HttpRequest, contract: Contract, form: TerminationForm) -> Text:
        values = TerminateInputSerializer.parse(form.request_body())
        services.terminate_contract(contract_id=contract.pk, **values, actor=self.actor(request))
        contract.refresh_from_db()
        if contract.status == ContractStatus.TERMINATED:
            return _("The contract is terminated.")
        return format_text(_("The contract is terminated from {day} on."), day=contract.terminates_on)
