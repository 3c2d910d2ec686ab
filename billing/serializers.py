"""Serializers of orders and invoices. Money is in minor units (cents), rates in percent."""

from collections.abc import Mapping
from typing import Any

from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field

from accounting.choices import TaxCategory
from accounting.serializers import PlainSerializer, SignedMoneyField, TaxCodeField
from billing.choices import InvoiceOrigin, InvoiceStatus, OrderStatus
from billing.email_serializers import EMAIL_HELP
from billing.models import InvoiceLine, OrderLine, OrderStatusChange, Payment, Settlement
from billing.models.invoices import supply_date
from billing.payment_serializers import LONG_TEXT, MAX_LINES, InvoicePaymentSerializer, SettlementSerializer
from billing.state_machine import allowed_transitions
from billing.totals import amount_due
from parties.choices import AddressType
from parties.fields import CountryField
from skeleton.rest.computed_fields import Children, FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    CurrencyField,
    DateField,
    DateTimeField,
    IntegerField,
    JsonObjectField,
    ListField,
    MoneyField,
    NestedJsonField,
    NumberField,
    TextField,
    UnitField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer

TOTAL_HELP = "round(quantity × unit_price ÷ price_base_quantity) − discount, before tax."


class TaxSerializer(Serializer):
    """The tax of one category and rate. The category is there if its lines have a tax code, a reason if it has any."""

    rate = NumberField(places=4, help_text="Percent.")
    base = MoneyField(help_text="The sum of the lines at this rate.")
    tax = MoneyField(help_text="`rate` percent of `base`, rounded half away from zero.")
    category = ChoiceField(TaxCategory.choices, required=False, help_text="As in EN 16931.")
    exemption_reason = JsonObjectField(texts=True, required=False, help_text="Why no tax is charged, by language.")
    exemption_code = TextField(required=False, help_text="The same as a code of the VATEX list.")


class SharedLineSerializer(Serializer):
    """What lines of all documents have in common."""

    item_number = TextField(allow_null=True, help_text="The item's SKU at the time the line was written.")
    unit_code = TextField(help_text="The unit by UN/ECE Recommendation 20, such as `C62` (piece) or `HUR` (hour).")
    unit_price = MoneyField()
    price_base_quantity = NumberField(help_text="The number of units that `unit_price` is for.")
    tax_rate = NumberField(places=4)
    tax_code = TextField(source="tax_code.code", allow_null=True)


class LineSerializer(SharedLineSerializer):
    id = UUIDField()
    item_id = UUIDField(allow_null=True, help_text="The item of the catalogue that the line sells.")
    description = TextField(max_length=1000)
    quantity = NumberField()
    currency = CurrencyField(source="invoice.currency")
    discount = MoneyField()
    total = MoneyField(help_text=TOTAL_HELP)


class ShippingAddressSerializer(Serializer):
    """The shipping address: the fields that were submitted, unchanged."""

    type = ChoiceField(AddressType.choices, required=False)
    street = TextField(allow_null=True, required=False)
    city = TextField(allow_null=True, required=False)
    region = TextField(allow_null=True, required=False)
    state = TextField(allow_null=True, required=False)
    postal_code = TextField(allow_null=True, required=False)
    country = TextField(allow_null=True, required=False, help_text="As submitted: an id or a code.")
    country_id = UUIDField(allow_null=True, help_text="The id of that country.")


@mark_stateless
class ShippingAddressInputSerializer(InputSerializer):
    """Any fields of an address. They are stored as submitted, together with the id of the country."""

    output_serializer_class = ShippingAddressSerializer
    also_ignored = ("country_code",)
    type = ChoiceField(AddressType.choices, required=False)
    street = TextField(required=False, allow_null=True)
    city = TextField(required=False, allow_null=True)
    region = TextField(required=False, allow_null=True)
    state = TextField(required=False, allow_null=True)
    postal_code = TextField(max_length=20, required=False, allow_null=True)
    country = CountryField(
        source="country_id", required=False, allow_null=True, help_text="The country's id, alpha-2 or alpha-3 code."
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if isinstance(data, Mapping) and "country_id" in values:
            found = values["country_id"]
            values |= {"country": found and data["country"].strip(), "country_id": found and str(found)}
        return values


class InvoiceRowSerializer(Serializer):
    """An invoice in a list, without lines and payments."""

    id = UUIDField()
    number = TextField()
    customer_id = UUIDField()
    customer_name = TextField(help_text="The customer's current name. Once the invoice is sent, the name at that time.")
    order_id = UUIDField(allow_null=True, help_text="The order that the invoice was created from.")
    status = ChoiceField(InvoiceStatus.choices)
    origin = ChoiceField(
        InvoiceOrigin.choices, help_text="`imported`: taken over from an earlier system, with what was open of it."
    )
    currency = CurrencyField()
    subtotal = MoneyField(help_text="The sum of the lines before tax.")
    tax_total = MoneyField()
    tax_breakdown = ListField(
        child=TaxSerializer(), max_length=MAX_LINES, help_text="One row for each category and rate, including 0."
    )
    total = MoneyField()
    credited_total = MoneyField(help_text="The total of the invoice's own credit notes.")
    amount_paid = MoneyField()
    amount_credited = MoneyField(help_text="The part that credit notes settle, its own and those of other invoices.")
    amount_written_off = MoneyField()
    amount_due = FromColumns(
        MoneyField(help_text="0 if cancelled."),
        "status",
        "total",
        "amount_paid",
        "amount_credited",
        "amount_written_off",
        compute=amount_due,
    )
    issue_date = DateField(help_text="Of a draft, the day of its creation unless it was given.")
    due_date = DateField()
    payment_days = IntegerField(allow_null=True, help_text="Days from the issue date, if the due date is counted.")
    delivery_date = FromColumns(
        DateField(allow_null=True, help_text="Defaults to the issue date. Null for a service with a period."),
        "delivery_date",
        "service_start",
        "issue_date",
        compute=supply_date,
    )
    service_start = DateField(allow_null=True)
    service_end = DateField(allow_null=True)
    buyer_reference = TextField(allow_null=True, help_text="Defaults to the customer's when it is sent.")
    purchase_order_reference = TextField(allow_null=True)
    delivery_address = NestedJsonField(ShippingAddressSerializer, allow_null=True)
    is_overdue = BooleanField()
    notes = TextField(allow_null=True, max_length=LONG_TEXT)
    sent_at = DateTimeField(allow_null=True)
    paid_at = DateTimeField(allow_null=True)
    cancelled_at = DateTimeField(allow_null=True)
    cancel_reason = TextField(allow_null=True, max_length=LONG_TEXT)
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class InvoiceSerializer(InvoiceRowSerializer):
    """An invoice with its lines, and what settles it."""

    lines = Children(LineSerializer, InvoiceLine.objects.filter(invoice=OuterRef("pk")).order_by("position"))
    payments = Children(InvoicePaymentSerializer, Payment.objects.of_invoice(OuterRef("pk")).order_by("id"))
    settlements = Children(
        SettlementSerializer, Settlement.objects.filter(invoice=OuterRef("pk"), undone_at=None).order_by("id")
    )


class SharedLineInputSerializer(InputSerializer):
    """What lines of orders and invoices have in common. What is left out is the item's."""

    unit_code = UnitField(required=False)
    unit_price = MoneyField(required=False, help_text="Defaults to the item's; required without an item.")
    price_base_quantity = NumberField(
        places=3,
        over=0,
        required=False,
        help_text="The number of units that `unit_price` is for. Defaults to the item's, else to 1.",
    )
    currency = CurrencyField(
        required=False, help_text="Defaults to the item's. Must be the same on all lines and the document."
    )
    discount = MoneyField(default=0, help_text="At most quantity × unit_price ÷ price_base_quantity.")
    tax_rate = NumberField(
        places=4,
        at_least=0,
        at_most=100,
        required=False,
        help_text="Percent. Defaults to the tax code's, else to the item's, else to 0.",
    )
    tax_code = TaxCodeField(
        required=False,
        allow_null=True,
        help_text="The tax code, or its id. `tax_rate` can be left out, and must agree otherwise.",
    )


@mark_stateless
class LineInputSerializer(SharedLineInputSerializer):
    output_serializer_class = LineSerializer
    item_id = UUIDField(required=False, allow_null=True, help_text="An active item of the catalogue.")
    description = TextField(
        max_length=1000, required=False, help_text="Defaults to the item's name; required without an item."
    )
    quantity = NumberField(places=3, over=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = () if self.partial or attrs.get("item_id") else ("description", "unit_price")
        missing = [name for name in needed if name not in attrs]
        if missing:
            raise ValidationError({name: [Field.default_error_messages["required"]] for name in missing})
        return attrs


class InvoiceUpdateInputSerializer(InputSerializer):
    """The fields of an invoice that can be changed, all but the notes in drafts only."""

    output_serializer_class = InvoiceSerializer
    issue_date = DateField(
        required=False,
        allow_null=True,
        help_text="Defaults to the day of sending. Not in the future, and not in a closed period.",
    )
    due_date = DateField(
        required=False,
        allow_null=True,
        help_text="Defaults to the payment days of the customer or the company, counted from the issue date.",
    )
    delivery_date = DateField(
        required=False, allow_null=True, help_text="The day of supply. Defaults to the issue date."
    )
    service_start = DateField(
        required=False,
        allow_null=True,
        help_text="With `service_end`, instead of `delivery_date`: when a service was rendered.",
    )
    service_end = DateField(required=False, allow_null=True)
    notes = TextField(required=False, allow_null=True, max_length=LONG_TEXT)
    buyer_reference = TextField(
        max_length=100, required=False, allow_null=True, help_text="Defaults to the customer's when it is sent."
    )
    purchase_order_reference = TextField(max_length=100, required=False, allow_null=True)
    delivery_address = ShippingAddressInputSerializer(
        required=False, allow_null=True, help_text="Where the goods are delivered to. Merged field by field."
    )


class InvoiceInputSerializer(InvoiceUpdateInputSerializer):
    refused = {
        "number": _("The number is assigned by the system."),
        "status": _("A new invoice is a draft. Send it with POST /invoices/:id/send."),
    }
    customer_id = UUIDField()
    currency = CurrencyField(required=False, help_text="Defaults to the currency of the lines, else the customer's.")
    lines = ListField(child=LineInputSerializer(), max_length=MAX_LINES, required=False)


class SendInputSerializer(InputSerializer):
    use_on_account = BooleanField(
        required=False,
        help_text="Settle it with what the customer has on account: credit notes, then payments, oldest first.",
    )
    email = BooleanField(required=False, help_text=EMAIL_HELP)


class CancelInputSerializer(InputSerializer):
    reason = TextField(required=False, allow_null=True, max_length=LONG_TEXT)


# --- orders -----------------------------------------------------------------------------------------------------------


def _may_become(status: str, invoiced: int | None) -> list[str]:
    return allowed_transitions(status, invoiced=invoiced is not None)


def _or_nothing(amount: int | None) -> int:
    return amount or 0


class OrderLineSerializer(SharedLineSerializer):
    id = UUIDField()
    item_id = UUIDField()
    item_name = TextField(source="description", help_text="The item's name at the time the line was written.")
    quantity = NumberField()
    currency = CurrencyField(source="order.currency")
    discount = MoneyField()
    total = MoneyField(help_text=TOTAL_HELP)


class StatusChangeSerializer(Serializer):
    from_status = ChoiceField(OrderStatus.choices)
    status = ChoiceField(OrderStatus.choices)
    reason = TextField(allow_null=True, max_length=LONG_TEXT)
    changed_by = UUIDField(source="changed_by_id", allow_null=True, help_text="Null means the system.")
    changed_at = DateTimeField()


class OrderRowSerializer(Serializer):
    """An order in a list, without lines and history."""

    id = UUIDField()
    number = TextField()
    customer_id = UUIDField()
    customer_name = TextField(
        help_text="The customer's current name. Once the order is no longer a draft, the name at that time."
    )
    status = ChoiceField(OrderStatus.choices)
    currency = CurrencyField()
    subtotal = MoneyField(help_text="The sum of the lines before tax.")
    tax_total = MoneyField()
    tax_breakdown = ListField(
        child=TaxSerializer(), max_length=MAX_LINES, help_text="One row for each category and rate, including 0."
    )
    total = MoneyField()
    invoiced_total = FromColumns(
        MoneyField(help_text="The total of its invoices, including drafts but not cancelled ones."),
        "invoiced",
        compute=_or_nothing,
    )
    notes = TextField(allow_null=True, max_length=LONG_TEXT)
    shipping_address = NestedJsonField(ShippingAddressSerializer, allow_null=True)
    allowed_transitions = FromColumns(
        ListField(child=ChoiceField(OrderStatus.choices), max_length=len(OrderStatus)),
        "status",
        "invoiced",
        compute=_may_become,
    )
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class OrderSerializer(OrderRowSerializer):
    """An order with its lines and its status history."""

    lines = Children(OrderLineSerializer, OrderLine.objects.filter(order=OuterRef("pk")).order_by("position"))
    history = Children(StatusChangeSerializer, OrderStatusChange.objects.filter(order=OuterRef("pk")).order_by("id"))


class OrderLineInputSerializer(SharedLineInputSerializer):
    output_serializer_class = OrderLineSerializer
    item_id = UUIDField(help_text="An active item of the catalogue.")
    quantity = NumberField(places=3, over=0)
    unit_price = MoneyField(required=False, help_text="Defaults to the item's.")


class OrderUpdateInputSerializer(InputSerializer):
    output_serializer_class = OrderSerializer
    notes = TextField(required=False, allow_null=True, max_length=LONG_TEXT)
    shipping_address = ShippingAddressInputSerializer(required=False, allow_null=True)


class OrderInputSerializer(OrderUpdateInputSerializer):
    customer_id = UUIDField()
    currency = CurrencyField(required=False, help_text="Defaults to the currency of the lines, else the customer's.")
    lines = ListField(child=OrderLineInputSerializer(), max_length=MAX_LINES, required=False)


class StatusInputSerializer(InputSerializer):
    status = ChoiceField(OrderStatus.choices)
    reason = TextField(required=False, allow_null=True, max_length=LONG_TEXT, help_text="Stored in the status history.")


class InvoiceOrderInputSerializer(InputSerializer):
    issue_date = DateField(
        required=False, help_text="Defaults to the day of sending. Not in the future, and not in a closed period."
    )
    due_date = DateField(
        required=False,
        help_text="Defaults to the credit days of the customer's contract, the payment days of the customer or the "
        "company, else 30 days, counted from the issue date.",
    )


# --- what is owed -----------------------------------------------------------------------------------------------------


class AgedSerializer(PlainSerializer):
    """Minor units by days past due. Payments made before the invoice was sent count as negative."""

    current = SignedMoneyField(help_text="Not due yet, or due on that day.")
    days_1_30 = SignedMoneyField()
    days_31_60 = SignedMoneyField()
    days_61_90 = SignedMoneyField()
    over_90 = SignedMoneyField()
    total = SignedMoneyField()


class CustomerAgedSerializer(AgedSerializer):
    customer_id = UUIDField()
    customer_name = TextField()


class AgingInCurrencySerializer(PlainSerializer):
    currency = CurrencyField()
    customers = CustomerAgedSerializer(many=True)
    totals = AgedSerializer()


class AgingSerializer(PlainSerializer):
    as_of = DateField()
    currencies = AgingInCurrencySerializer(many=True)
