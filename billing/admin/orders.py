"""The screen of orders. Drafts are edited, the rest is read-only; each transition is an action."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from accounting.form_fields import UnitField
from billing.admin.addresses import ADDRESS_FIELDS, AddressForm, one_line
from billing.admin.drafts import (
    PDF_MENU,
    SUBTOTAL,
    TAX,
    TOTAL,
    DocumentAdminBase,
    LineFormSet,
    LineInline,
    NewDocumentForm,
    PricedLineForm,
    ReadOnlyLineInline,
    ReasonForm,
    pdf_downloads,
)
from billing.admin.emails import EmailInline, email_action
from billing.admin.invoices import COLOURS as INVOICE_COLOURS
from billing.choices import OrderStatus
from billing.models import Invoice, Order, OrderLine, OrderStatusChange
from billing.serializers import (
    InvoiceOrderInputSerializer,
    OrderInputSerializer,
    OrderLineInputSerializer,
    OrderUpdateInputSerializer,
    StatusInputSerializer,
)
from billing.services import documents, emails, orders
from billing.services.invoicing import invoice_order
from billing.services.transitions import change_status
from billing.spreadsheets import document_table
from billing.state_machine import ACTION_NAMES, AWAITING_ACTION, COMMITTED, allowed_transitions
from inventory.models import Item
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.admins import ReadOnlyInline
from skeleton.office.columns import EMPTY, format_money_html, status_column
from skeleton.office.dates import LocalizedDateField
from skeleton.office.filters import CurrencyFilter, DateRangeFilter
from skeleton.office.forms import ActionForm, AutocompleteField, CurrencyField
from skeleton.office.numbers import AmountField, LocalizedDecimalField

COLOURS: dict[str, str] = {
    OrderStatus.PENDING: "warning",
    OrderStatus.CONFIRMED: "primary",
    OrderStatus.SHIPPED: "primary",
    OrderStatus.DELIVERED: "success",
    OrderStatus.CANCELLED: "danger",
}


# --- lines, history, invoices -----------------------------------------------------------------------------------------


_ITEM_DEFAULT_WIDGET = widgets.UnfoldAdminTextInputWidget(attrs={"placeholder": _("the item's")})


class OrderLineForm(PricedLineForm):
    """A line. Empty fields default to the item's values."""

    item_id = AutocompleteField(Item.objects.all(), screen="inventory.item", label=_("Item"))
    unit_code = UnitField(empty=_("the item's"))
    unit_price = AmountField(required=False, widget=_ITEM_DEFAULT_WIDGET, label=_("Unit price"))
    tax_rate = LocalizedDecimalField(
        required=False, max_digits=7, decimal_places=4, widget=_ITEM_DEFAULT_WIDGET, label=_("Tax rate")
    )

    class Meta:
        model = OrderLine
        fields = ("quantity", "unit_code", "unit_price", "price_base_quantity", "discount", "tax_rate")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.update(discount=None, tax_rate=None, unit_code=None)
        else:
            self.initial["item_id"] = self.instance.item_id

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        return body if partial else {name: value for name, value in body.items() if value is not None}


class OrderLineFormSet(LineFormSet):
    def form_body(self, form: Any) -> dict[str, Any]:
        """Add the document's currency if a price was entered: that price isn't in the item's currency."""
        body = super().form_body(form)
        return {**body, "currency": self.currency} if "unit_price" in body else body


class OrderLineInline(LineInline):
    model = OrderLine
    form = OrderLineForm
    formset = OrderLineFormSet
    fields = (
        "item_id",
        "quantity",
        "unit_code",
        "unit_price",
        "price_base_quantity",
        "discount",
        "tax_code",
        "tax_rate",
    )


class ReadOnlyOrderLineInline(ReadOnlyLineInline):
    model = OrderLine
    document = "order"


class StatusHistoryInline(ReadOnlyInline):
    model = OrderStatusChange
    verbose_name_plural = _("history")
    ordering = ("pk",)
    fields = readonly_fields = ("changed_at", status_column("status", COLOURS), "reason", "changed_by")


class InvoiceInline(ReadOnlyInline):
    """The invoices created from the order."""

    model = Invoice
    ordering = ("pk",)
    fields = readonly_fields = ("page", status_column("status", INVOICE_COLOURS), TOTAL, "due_date")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.admin_site.get_model_admin(Invoice).has_view_permission(request))

    @admin.display(description=_("invoice"))
    def page(self, invoice: Invoice) -> Any:
        address = self.admin_site.get_model_admin(Invoice).change_url(invoice)
        return format_html('<a class="text-link" href="{}">{}</a>', address, invoice.number)


# --- forms ------------------------------------------------------------------------------------------------------------


class ShippingAddressForm(AddressForm):
    address = "shipping_address"


class NewOrderForm(ShippingAddressForm, NewDocumentForm):
    currency = CurrencyField(help_text=_("Defaults to the items' currency, or to the customer's."), label=_("Currency"))

    class Meta:
        model = Order
        fields = ("notes",)


class DraftForm(ShippingAddressForm):
    class Meta:
        model = Order
        fields = ("notes",)


class InvoiceOrderForm(ActionForm):
    due_date = LocalizedDateField(
        required=False,
        help_text=_("Defaults to the credit days of the customer's contract, or to 30 days."),
        label=_("Due date"),
    )


# --- the screen -------------------------------------------------------------------------------------------------------


def status_change_action(target: OrderStatus, title: Text, **described: Any) -> Any:
    """Return an action that changes an order's status to `target`, available if the transition is allowed."""

    def move(screen: Any, request: HttpRequest, order: Any, form: ReasonForm) -> Text:
        asked = StatusInputSerializer.parse({"status": target.value, **form.request_body()})
        change_status(order_id=order.pk, status=target, reason=asked.get("reason"), actor=screen.actor(request))
        return format_text(_("{number} is {status}."), number=order.number, status=Label(target.label))

    move.__name__ = ACTION_NAMES[target]
    fits = lambda order: target in allowed_transitions(order.status, invoiced=order.invoiced is not None)  # noqa: E731
    return admin_action(title, form=ReasonForm, shown_if=fits, **described)(move)


class WaitingFilter(DropdownFilter):
    """Filters orders that wait to be confirmed or shipped."""

    title, parameter_name = _("waiting"), "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("yes", _("For us")), ("no", _("Not for us"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if not self.value():
            return queryset
        return (
            queryset.filter(status__in=AWAITING_ACTION)
            if self.value() == "yes"
            else queryset.exclude(status__in=AWAITING_ACTION)
        )


@admin.register(Order)
class OrderAdmin(DocumentAdminBase):
    resources = ("orders",)
    table, export_fields = document_table(Order), "__all__"
    create_input, update_input, line_input = OrderInputSerializer, OrderUpdateInputSerializer, OrderLineInputSerializer
    list_display = ("number", "customer_name", status_column("status", COLOURS), TOTAL, "invoiced_shown", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), WaitingFilter, CurrencyFilter, ("created_at", DateRangeFilter))
    record_actions = ("submit", "confirm", "ship", "deliver", "invoice", "email", "cancel", PDF_MENU)
    bulk_actions = ("confirm", "ship", "deliver", "invoice")
    SUMMARY_FIELDS: ClassVar[Any] = (
        ("customer_shown", status_column("status", COLOURS)),
        (SUBTOTAL, TAX),
        (TOTAL, "invoiced_shown"),
        ("taxes", "created_by"),
        ("created_at", "updated_at"),
    )

    # forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": DraftForm if change else NewOrderForm})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return (
                (None, {"fields": (("customer_id", "currency"), "notes")}),
                (_("Ship to"), {"fields": ADDRESS_FIELDS}),
            )
        if self.has_change_permission(request, obj):
            return ((None, {"fields": (*self.SUMMARY_FIELDS, "notes")}), (_("Ship to"), {"fields": ADDRESS_FIELDS}))
        return ((None, {"fields": (*self.SUMMARY_FIELDS, ("address_shown", "notes"))}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        shown = tuple(field for line in self.SUMMARY_FIELDS for field in line)
        return shown if self.has_change_permission(request, obj) else (*shown, "address_shown", "notes")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None:
            return (OrderLineInline,)
        if self.has_change_permission(request, obj):
            return (OrderLineInline,)
        return (
            (ReadOnlyOrderLineInline, InvoiceInline, EmailInline, StatusHistoryInline)
            if obj.status in (*COMMITTED, OrderStatus.CANCELLED)  # whose invoices were cancelled or credited
            else (ReadOnlyOrderLineInline, EmailInline, StatusHistoryInline)
        )

    # saving

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return orders.create_order(**values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        orders.update_order(order_id=pk, values=values, actor=actor)

    def add_line(self, pk: UUID, values: Any, actor: Actor) -> None:
        orders.add_line(order_id=pk, values=values, actor=actor)

    def update_line(self, pk: UUID, line_id: UUID, values: dict[str, Any], actor: Actor) -> None:
        orders.update_line(order_id=pk, line_id=line_id, values=values, actor=actor)

    def delete_line(self, pk: UUID, line_id: UUID, actor: Actor) -> None:
        orders.delete_line(order_id=pk, line_id=line_id, actor=actor)

    # columns

    @admin.display(description=_("invoiced"))
    def invoiced_shown(self, order: Any) -> Any:
        if order.invoiced is None:
            return EMPTY
        return format_money_html(int(order.invoiced), order.currency)

    @admin.display(description=_("ship to"))
    def address_shown(self, order: Order) -> str:
        return one_line(order.shipping_address)

    # actions

    submit = status_change_action(
        OrderStatus.PENDING,
        pgettext_lazy("order", "Submit"),
        icon="outbox",
        question=_("From then on the order cannot be changed, only confirmed or cancelled."),
    )
    confirm = status_change_action(
        OrderStatus.CONFIRMED,
        _("Confirm"),
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
        question=_("This reserves stock for every line. The order can no longer be changed."),
    )
    ship = status_change_action(
        OrderStatus.SHIPPED,
        _("Ship"),
        icon="local_shipping",
        variant=ActionVariant.PRIMARY,
        question=_("This issues the order's reserved stock from the warehouses."),
    )
    deliver = status_change_action(
        OrderStatus.DELIVERED,
        _("Delivered"),
        icon="where_to_vote",
        variant=ActionVariant.PRIMARY,
        question=_("The goods have arrived."),
    )
    cancel = status_change_action(
        OrderStatus.CANCELLED,
        pgettext_lazy("order", "Cancel"),
        icon="cancel",
        variant=ActionVariant.DANGER,
        question=_("This releases the reserved stock. A cancelled order cannot be reopened."),
    )

    @admin_action(
        _("Invoice it"),
        form=InvoiceOrderForm,
        permissions=("invoices:write",),
        shown_if=lambda order: order.status in COMMITTED,
        icon="receipt_long",
        question=_("A draft invoice is made of what is not invoiced yet."),
    )
    def invoice(self, request: HttpRequest, order: Order, form: InvoiceOrderForm) -> SafeString:
        asked = InvoiceOrderInputSerializer.parse(form.request_body())
        made = Invoice.objects.get(pk=invoice_order(order_id=order.pk, **asked, actor=self.actor(request)))
        page = self.admin_site.get_model_admin(Invoice).change_url(made)
        link = format_html('<a class="text-link" href="{}">{}</a>', page, made.number)
        return format_html(gettext("The draft invoice {} has been created."), link)

    email = email_action(emails.email_order, "order_id", lambda order: order.status != OrderStatus.DRAFT)
    pdf_en, pdf_uk, pdf_de = pdf_downloads("orders:read", documents.order_pdf, "order_id")
