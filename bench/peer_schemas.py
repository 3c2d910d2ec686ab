"""The Pydantic models of the FastAPI server (`peer`)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PrimaryAddressOut(Answer):
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: UUID | None
    country_code: str | None


class AddressOut(PrimaryAddressOut):
    type: str
    state: str | None


class CustomerOut(Answer):
    id: UUID
    name: str
    email: str
    phone: str | None
    tax_id: str | None
    website: str | None
    social_media: dict[str, Any]
    status: str
    active: bool
    address: PrimaryAddressOut | None
    addresses: list[AddressOut]
    credit_limit: int
    currency: str
    total_purchases: int
    phone_e164: str | None
    vat_id: str | None
    buyer_reference: str | None
    electronic_address: dict[str, str | None] | None
    language: str | None
    payment_days: int | None
    e_invoice: str | None
    created_at: datetime
    updated_at: datetime


class CustomerPage(BaseModel):
    items: list[CustomerOut]
    total: int
    page: int
    limit: int
    has_more: bool


class LineOut(Answer):
    id: UUID
    item_id: UUID | None
    item_number: str | None
    unit_code: str
    price_base_quantity: float
    tax_code: str | None
    description: str
    quantity: float
    unit_price: int
    currency: str
    discount: int
    tax_rate: float
    total: int


class PaymentOut(Answer):
    id: UUID
    amount: int
    method: str
    paid_at: datetime


class SettlementOut(Answer):
    id: UUID
    kind: str
    number: str | None
    amount: int
    day: date


class InvoiceRowOut(Answer):
    id: UUID
    number: str
    customer_id: UUID
    customer_name: str
    order_id: UUID | None
    status: str
    currency: str
    subtotal: int
    tax_total: int
    tax_breakdown: list[dict[str, Any]]
    total: int
    credited_total: int
    amount_paid: int
    amount_credited: int
    amount_written_off: int
    amount_due: int
    issue_date: date
    due_date: date
    origin: str
    payment_days: int | None
    delivery_date: date | None = Field(validation_alias="supplied_on")
    service_start: date | None
    service_end: date | None
    buyer_reference: str | None
    purchase_order_reference: str | None
    delivery_address: dict[str, Any] | None
    is_overdue: bool
    notes: str | None
    sent_at: datetime | None
    paid_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_by: UUID | None = Field(validation_alias="created_by_id")
    created_at: datetime
    updated_at: datetime


class InvoiceOut(InvoiceRowOut):
    lines: list[LineOut]
    payments: list[PaymentOut]
    settlements: list[SettlementOut]


class InvoicePage(BaseModel):
    items: list[InvoiceRowOut]
    total: int
    page: int
    limit: int
    has_more: bool


class OrderRowOut(Answer):
    id: UUID
    number: str
    customer_id: UUID
    customer_name: str
    status: str
    currency: str
    subtotal: int
    tax_total: int
    tax_breakdown: list[dict[str, Any]]
    total: int
    invoiced_total: int
    notes: str | None
    shipping_address: dict[str, Any] | None
    allowed_transitions: list[str]
    created_by: UUID | None = Field(validation_alias="created_by_id")
    created_at: datetime
    updated_at: datetime


class OrderPage(BaseModel):
    items: list[OrderRowOut]
    total: int
    page: int
    limit: int
    has_more: bool


class StockOut(Answer):
    id: UUID
    item_id: UUID
    sku: str
    item_name: str
    warehouse_id: UUID
    warehouse_name: str
    quantity: float
    reserved: float
    available: float
    reorder_point: float
    reorder_quantity: float
    updated_at: datetime


class StockPage(BaseModel):
    items: list[StockOut]
    total: int
    page: int
    limit: int
    has_more: bool


class LineIn(BaseModel):
    description: Annotated[str, Field(min_length=1, max_length=1000)]
    quantity: Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=3)]
    unit_price: Annotated[int, Field(ge=0)]
    discount: Annotated[int, Field(ge=0)] = 0
    tax_rate: Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)] = Decimal(0)


class InvoiceIn(BaseModel):
    customer_id: UUID
    due_date: date
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    notes: str | None = None
    lines: Annotated[list[LineIn], Field(max_length=500)] = []
