"""Model serializers, nested as in the API."""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from django.db import connection, transaction
from django.utils import timezone
from rest_framework import serializers

from bench.stock.models import Address, Invoice, InvoiceLine, NumberSeries, Order, Party, Payment, Settlement, StockRow


class PrimaryAddressSerializer(serializers.ModelSerializer[Address]):
    country_code = serializers.CharField(source="country.code", read_only=True)

    class Meta:
        model = Address
        fields: ClassVar[list[str]] = ["street", "city", "region", "postal_code", "country", "country_code"]


class AddressSerializer(PrimaryAddressSerializer):
    state = serializers.CharField(source="region", read_only=True)

    class Meta(PrimaryAddressSerializer.Meta):
        fields: ClassVar[list[str]] = ["type", "state", *PrimaryAddressSerializer.Meta.fields]


class CustomerSerializer(serializers.ModelSerializer[Party]):
    address = PrimaryAddressSerializer(source="primary_address", read_only=True)
    addresses = AddressSerializer(many=True, read_only=True)
    active = serializers.BooleanField(read_only=True)
    electronic_address = serializers.DictField(read_only=True, allow_null=True)

    class Meta:
        model = Party
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "email",
            "phone",
            "tax_id",
            "website",
            "social_media",
            "status",
            "active",
            "address",
            "addresses",
            "credit_limit",
            "currency",
            "total_purchases",
            "phone_e164",
            "vat_id",
            "buyer_reference",
            "electronic_address",
            "language",
            "payment_days",
            "e_invoice",
            "created_at",
            "updated_at",
        ]


class NumberField(serializers.DecimalField):
    def to_representation(self, value: Any) -> float:
        return float(value)


class LineSerializer(serializers.ModelSerializer[InvoiceLine]):
    currency = serializers.CharField(source="invoice.currency", read_only=True)
    quantity = NumberField(max_digits=15, decimal_places=3, min_value=Decimal("0.001"))
    unit_price = serializers.IntegerField(min_value=0)
    discount = serializers.IntegerField(min_value=0, default=0)
    tax_rate = NumberField(max_digits=7, decimal_places=4, min_value=Decimal(0), max_value=Decimal(100), default=0)
    item_id = serializers.PrimaryKeyRelatedField(source="item", read_only=True)
    price_base_quantity = NumberField(max_digits=15, decimal_places=3, min_value=Decimal("0.001"), default=1)
    tax_code = serializers.SerializerMethodField()

    class Meta:
        model = InvoiceLine
        fields: ClassVar[list[str]] = [
            "id",
            "item_id",
            "item_number",
            "unit_code",
            "price_base_quantity",
            "tax_code",
            "description",
            "quantity",
            "unit_price",
            "currency",
            "discount",
            "tax_rate",
            "total",
        ]
        read_only_fields: ClassVar[list[str]] = ["total"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        product = whole(attrs["quantity"] * attrs["unit_price"] / attrs["price_base_quantity"])
        if attrs["discount"] > product:
            raise serializers.ValidationError({"discount": "Must be at most quantity × unit price."})
        return {**attrs, "total": product - attrs["discount"]}

    def get_tax_code(self, line: InvoiceLine) -> None:
        return None


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = ["id", "amount", "method", "paid_at"]


class SettlementSerializer(serializers.ModelSerializer[Settlement]):
    number = serializers.CharField(source="payment.number", allow_null=True)

    class Meta:
        model = Settlement
        fields: ClassVar[list[str]] = ["id", "kind", "number", "amount", "day"]


class InvoiceRowSerializer(serializers.ModelSerializer[Invoice]):
    customer_id = serializers.PrimaryKeyRelatedField(source="customer", queryset=Party.customers.all())
    order_id = serializers.SerializerMethodField()
    delivery_date = serializers.DateField(source="supplied_on", read_only=True)
    amount_due = serializers.IntegerField(read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = Invoice
        fields: ClassVar[list[str]] = [
            "id",
            "number",
            "customer_id",
            "customer_name",
            "order_id",
            "status",
            "currency",
            "subtotal",
            "tax_total",
            "tax_breakdown",
            "total",
            "credited_total",
            "amount_paid",
            "amount_credited",
            "amount_written_off",
            "amount_due",
            "issue_date",
            "due_date",
            "origin",
            "payment_days",
            "delivery_date",
            "service_start",
            "service_end",
            "buyer_reference",
            "purchase_order_reference",
            "delivery_address",
            "is_overdue",
            "notes",
            "sent_at",
            "paid_at",
            "cancelled_at",
            "cancel_reason",
            "created_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields: ClassVar[list[str]] = [
            "subtotal",
            "tax_total",
            "tax_breakdown",
            "total",
            "amount_paid",
            "issue_date",
            "sent_at",
            "paid_at",
            "cancelled_at",
            "cancel_reason",
            "created_by",
        ]

    def get_order_id(self, invoice: Invoice) -> None:
        return None


class InvoiceSerializer(InvoiceRowSerializer):
    currency = serializers.CharField(max_length=3, required=False)
    lines = LineSerializer(many=True)
    payments = PaymentSerializer(many=True, read_only=True)
    settlements = SettlementSerializer(many=True, read_only=True)

    class Meta(InvoiceRowSerializer.Meta):
        fields: ClassVar[list[str]] = [*InvoiceRowSerializer.Meta.fields, "lines", "payments", "settlements"]

    def validate_customer_id(self, customer: Party) -> Party:
        if not customer.active:
            raise serializers.ValidationError("The customer is not active.")
        return customer

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Invoice:
        lines = validated_data.pop("lines")
        user = self.context["request"].user
        who = {"actor_id": str(user.pk), "actor_email": user.email, "action": "create"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('skeleton.context', %s, true)", [json.dumps(who)])
        today = timezone.now().date()
        validated_data.setdefault("currency", validated_data["customer"].currency)
        invoice = Invoice.objects.create(
            **validated_data,
            **totals(lines),
            number=next_number("INV", today.year),
            customer_name=validated_data["customer"].name,
            issue_date=today,
            created_by=user,
        )
        InvoiceLine.objects.bulk_create(
            InvoiceLine(invoice=invoice, position=position, **line) for position, line in enumerate(lines, 1)
        )
        return invoice


class OrderRowSerializer(serializers.ModelSerializer[Order]):
    customer_id = serializers.PrimaryKeyRelatedField(source="customer", read_only=True)
    invoiced_total = serializers.IntegerField(read_only=True)
    allowed_transitions = serializers.ListField(read_only=True)

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = [
            "id",
            "number",
            "customer_id",
            "customer_name",
            "status",
            "currency",
            "subtotal",
            "tax_total",
            "tax_breakdown",
            "total",
            "invoiced_total",
            "notes",
            "shipping_address",
            "allowed_transitions",
            "created_by",
            "created_at",
            "updated_at",
        ]


class StockSerializer(serializers.ModelSerializer[StockRow]):
    item_id = serializers.PrimaryKeyRelatedField(source="item", read_only=True)
    sku = serializers.CharField(source="item.sku", read_only=True)
    item_name = serializers.CharField(source="item.name", read_only=True)
    warehouse_id = serializers.PrimaryKeyRelatedField(source="warehouse", read_only=True)
    warehouse_name = serializers.CharField(source="warehouse.name", read_only=True)
    quantity = NumberField(max_digits=15, decimal_places=3)
    reserved = NumberField(max_digits=15, decimal_places=3)
    available = NumberField(max_digits=15, decimal_places=3, read_only=True)
    reorder_point = NumberField(max_digits=15, decimal_places=3)
    reorder_quantity = NumberField(max_digits=15, decimal_places=3)

    class Meta:
        model = StockRow
        fields: ClassVar[list[str]] = [
            "id",
            "item_id",
            "sku",
            "item_name",
            "warehouse_id",
            "warehouse_name",
            "quantity",
            "reserved",
            "available",
            "reorder_point",
            "reorder_quantity",
            "updated_at",
        ]


def next_number(prefix: str, year: int) -> str:
    series, created = NumberSeries.objects.select_for_update().get_or_create(
        name=f"{prefix}-{year}", defaults={"last": 1}
    )
    if not created:
        series.last += 1
        series.save(update_fields=["last"])
    return f"{series.name}-{series.last:03}"


def totals(lines: list[dict[str, Any]]) -> dict[str, Any]:
    bases: dict[Decimal, int] = {}
    for line in lines:
        bases[line["tax_rate"]] = bases.get(line["tax_rate"], 0) + line["total"]
    breakdown = [
        {"rate": float(rate), "base": base, "tax": whole(base * Decimal(rate) / 100)}
        for rate, base in sorted(bases.items())
    ]
    subtotal, tax = sum(bases.values()), sum(row["tax"] for row in breakdown)
    return {"subtotal": subtotal, "tax_total": tax, "tax_breakdown": breakdown, "total": subtotal + tax}


def whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
