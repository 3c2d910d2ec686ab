"""The SQLAlchemy models of the FastAPI server (`peer`), on our tables."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, TIMESTAMP
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    mapped_column,
    relationship,
)

from skeleton.kernel.ids import uuid7


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(TEXT),
        list[dict[str, Any]]: JSONB,
    }  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class Role(Base):
    __tablename__ = "identity_role"
    permissions: Mapped[list[str]]


class UserRole(Base):
    __tablename__ = "identity_user_role"
    id: Mapped[int] = mapped_column(primary_key=True)  # type: ignore[assignment]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id"))
    role_id: Mapped[UUID] = mapped_column(ForeignKey("identity_role.id"))


class User(Base):
    __tablename__ = "identity_user"
    email: Mapped[str]
    is_active: Mapped[bool]
    roles: Mapped[list[Role]] = relationship(secondary="identity_user_role", lazy="raise")


class Session(Base):
    __tablename__ = "identity_session"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id"))
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Country(Base):
    __tablename__ = "parties_country"
    code: Mapped[str]


class Address(Base):
    __tablename__ = "parties_address"
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties_party.id"))
    type: Mapped[str]
    street: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    postal_code: Mapped[str | None]
    country_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties_country.id"))
    country_row: Mapped[Country | None] = relationship(lazy="raise")

    @property
    def state(self) -> str | None:
        return self.region

    @property
    def country(self) -> UUID | None:
        return self.country_id

    @property
    def country_code(self) -> str | None:
        return self.country_row.code if self.country_row else None


class Party(Base):
    __tablename__ = "parties_party"
    kind: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str | None]
    tax_id: Mapped[str | None]
    website: Mapped[str | None]
    social_media: Mapped[dict[str, Any]]
    status: Mapped[str]
    credit_limit: Mapped[int]
    currency: Mapped[str | None]
    total_purchases: Mapped[int]
    phone_e164: Mapped[str | None]
    vat_id: Mapped[str | None]
    buyer_reference: Mapped[str | None]
    electronic_address_scheme: Mapped[str | None]
    electronic_address_id: Mapped[str | None]
    language: Mapped[str | None]
    payment_days: Mapped[int | None]
    e_invoice: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    addresses: Mapped[list[Address]] = relationship(order_by=Address.id, lazy="raise")

    @property
    def active(self) -> bool:
        return self.status == "active"

    @property
    def electronic_address(self) -> dict[str, str | None] | None:
        if self.electronic_address_id is None:
            return None
        return {"scheme": self.electronic_address_scheme, "id": self.electronic_address_id}

    @property
    def address(self) -> Address | None:
        billing = [address for address in self.addresses if address.type == "billing"]
        return next(iter(billing or self.addresses), None)


class NumberSeries(Base):
    __tablename__ = "core_number_series"
    id: Mapped[str] = mapped_column("name", primary_key=True)  # type: ignore[assignment]
    last: Mapped[int]


class Invoice(Base):
    __tablename__ = "billing_invoice"
    number: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("parties_party.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("billing_order.id"))
    customer_name: Mapped[str]
    status: Mapped[str] = mapped_column(default="draft")
    currency: Mapped[str]
    subtotal: Mapped[int]
    tax_total: Mapped[int]
    tax_breakdown: Mapped[list[dict[str, Any]]]
    total: Mapped[int]
    amount_paid: Mapped[int] = mapped_column(default=0)
    amount_credited: Mapped[int] = mapped_column(default=0)
    amount_written_off: Mapped[int] = mapped_column(default=0)
    credited_total: Mapped[int] = mapped_column(default=0)
    issue_date: Mapped[date]
    due_date: Mapped[date]
    origin: Mapped[str] = mapped_column(default="created")
    payment_days: Mapped[int | None]
    delivery_date: Mapped[date | None]
    service_start: Mapped[date | None]
    service_end: Mapped[date | None]
    buyer_reference: Mapped[str | None]
    purchase_order_reference: Mapped[str | None]
    delivery_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    notes: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    lines: Mapped[list["Line"]] = relationship(order_by="Line.position", back_populates="invoice", lazy="raise")
    payments: Mapped[list["Payment"]] = relationship(secondary="billing_settlement", viewonly=True, lazy="raise")
    settlements: Mapped[list["Settlement"]] = relationship(order_by="Settlement.id", lazy="raise")

    @property
    def supplied_on(self) -> date | None:
        return self.delivery_date or (None if self.service_start else self.issue_date)

    @property
    def amount_due(self) -> int:
        settled = self.amount_paid + self.amount_credited + self.amount_written_off
        return 0 if self.status == "cancelled" else self.total - settled

    @property
    def is_overdue(self) -> bool:
        return self.status == "sent" and self.due_date < datetime.now(UTC).date()


class Item(Base):
    __tablename__ = "inventory_item"
    sku: Mapped[str]
    name: Mapped[str]


class Warehouse(Base):
    __tablename__ = "inventory_warehouse"
    name: Mapped[str]


class StockRow(Base):
    __tablename__ = "inventory_stock"
    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_item.id"))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_warehouse.id"))
    quantity: Mapped[Decimal]
    reserved: Mapped[Decimal]
    available: Mapped[Decimal]
    reorder_point: Mapped[Decimal]
    reorder_quantity: Mapped[Decimal]
    updated_at: Mapped[datetime]
    item: Mapped[Item] = relationship(lazy="raise")
    warehouse: Mapped[Warehouse] = relationship(lazy="raise")

    @property
    def sku(self) -> str:
        return self.item.sku

    @property
    def item_name(self) -> str:
        return self.item.name

    @property
    def warehouse_name(self) -> str:
        return self.warehouse.name


MAY_BECOME = {
    "draft": ["pending", "confirmed", "cancelled"],
    "pending": ["confirmed", "cancelled"],
    "confirmed": ["shipped", "cancelled"],
    "shipped": ["delivered"],
    "delivered": [],
    "cancelled": [],
}


class Order(Base):
    __tablename__ = "billing_order"
    number: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("parties_party.id"))
    customer_name: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    subtotal: Mapped[int]
    tax_total: Mapped[int]
    tax_breakdown: Mapped[list[dict[str, Any]]]
    total: Mapped[int]
    notes: Mapped[str | None]
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def allowed_transitions(self) -> list[str]:
        return MAY_BECOME[self.status]


Order.invoiced_total = column_property(
    select(func.coalesce(cast(func.sum(Invoice.total), BigInteger), 0))
    .where(Invoice.order_id == Order.id, Invoice.status != "cancelled")
    .correlate_except(Invoice)
    .scalar_subquery()
)


class Line(Base):
    __tablename__ = "billing_invoice_line"
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("billing_invoice.id"))
    position: Mapped[int]
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("inventory_item.id"))
    item_number: Mapped[str | None]
    unit_code: Mapped[str] = mapped_column(default="C62")
    price_base_quantity: Mapped[Decimal] = mapped_column(default=Decimal(1))
    description: Mapped[str]
    quantity: Mapped[Decimal]
    unit_price: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal]
    total: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    invoice: Mapped[Invoice] = relationship(back_populates="lines", lazy="raise_on_sql")

    @property
    def tax_code(self) -> None:
        return None

    @property
    def currency(self) -> str:
        return self.invoice.currency


class Payment(Base):
    __tablename__ = "billing_payment"
    number: Mapped[str]
    amount: Mapped[int]
    method: Mapped[str]
    paid_at: Mapped[datetime]


class Settlement(Base):
    __tablename__ = "billing_settlement"
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("billing_invoice.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("billing_payment.id"))
    kind: Mapped[str]
    amount: Mapped[int]
    day: Mapped[date]
    payment: Mapped[Payment | None] = relationship(lazy="raise")

    @property
    def number(self) -> str | None:
        return self.payment.number if self.payment else None
