"""The usual alternative: FastAPI with Pydantic models, async SQLAlchemy and asyncpg, on our tables."""

import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import URL, BigInteger, ForeignKey, cast, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from skeleton.kernel.ids import uuid7

SECRET = os.environ["BENCH_SECRET"]

engine = create_async_engine(
    URL.create(
        "postgresql+asyncpg",
        username=os.environ["BENCH_DB_USER"],
        password=os.environ["BENCH_DB_PASSWORD"],
        database=os.environ["BENCH_DB_NAME"],
        query={"host": os.environ["BENCH_DB_HOST"]},
    ),
    pool_size=10,
)
new_session = async_sessionmaker(engine, expire_on_commit=False)


# Tables


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
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    addresses: Mapped[list[Address]] = relationship(order_by=Address.id, lazy="raise")

    @property
    def active(self) -> bool:
        return self.status == "active"

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
    issue_date: Mapped[date]
    due_date: Mapped[date]
    notes: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    lines: Mapped[list["Line"]] = relationship(order_by="Line.position", back_populates="invoice", lazy="raise")
    payments: Mapped[list["Payment"]] = relationship(order_by="Payment.id", lazy="raise")

    @property
    def amount_due(self) -> int:
        return 0 if self.status == "cancelled" else self.total - self.amount_paid

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
    def currency(self) -> str:
        return self.invoice.currency


class Payment(Base):
    __tablename__ = "billing_payment"
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("billing_invoice.id"))
    amount: Mapped[int]
    method: Mapped[str]
    paid_at: Mapped[datetime]


# Answers


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
    amount_paid: int
    amount_due: int
    issue_date: date
    due_date: date
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


# Who calls


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


DB = Annotated[AsyncSession, Depends(session)]
Token = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def current_user(token: Token, db: DB) -> User:
    try:
        claims = jwt.decode(token.credentials, SECRET, algorithms=["HS256"], audience="skeleton-api", issuer="skeleton")
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    user = await db.scalar(
        select(User)
        .join(Session, Session.user_id == User.id)
        .where(
            User.id == UUID(claims["sub"]),
            User.is_active,
            Session.id == UUID(claims["sid"]),
            Session.revoked_at.is_(None),
            Session.expires_at > func.now(),
        )
        .options(selectinload(User.roles))
    )
    if user is None or claims["token_type"] != "access":
        raise HTTPException(401)
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def needs(*permissions: str) -> Callable[[User], Coroutine[Any, Any, User]]:
    """Return a dependency that requires any one of `permissions`."""
    accepted = {"*:*", *permissions, *(f"{one.partition(':')[0]}:*" for one in permissions)}

    async def check(user: CurrentUser) -> User:
        if not any(accepted.intersection(role.permissions) for role in user.roles):
            raise HTTPException(403)
        return user

    return check


# Routes

router = APIRouter(prefix="/api/v1")
WHOLE_ADDRESSES = selectinload(Party.addresses).options(joinedload(Address.country_row))


@router.get("/customers", response_model=CustomerPage, dependencies=[Depends(needs("customers:read", "parties:read"))])
async def list_customers(
    db: DB, page: Annotated[int, Query(ge=1)] = 1, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Any:
    customers = select(Party).where(Party.kind == "customer")
    total = await db.scalar(select(func.count()).select_from(customers.subquery()))
    rows = await db.scalars(
        customers.options(WHOLE_ADDRESSES).order_by(Party.id.desc()).limit(limit).offset((page - 1) * limit)
    )
    return {
        "items": rows.all(),
        "total": total,
        "page": page,
        "limit": limit,
        "has_more": page * limit < (total or 0),
    }


@router.get(
    "/customers/{pk}", response_model=CustomerOut, dependencies=[Depends(needs("customers:read", "parties:read"))]
)
async def read_customer(pk: UUID, db: DB) -> Any:
    found = await db.scalar(select(Party).where(Party.kind == "customer", Party.id == pk).options(WHOLE_ADDRESSES))
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/invoices", response_model=InvoicePage, dependencies=[Depends(needs("invoices:read"))])
async def list_invoices(
    db: DB,
    status: str | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Any:
    invoices = select(Invoice)
    if status:
        invoices = invoices.where(Invoice.status == status)
    total = await db.scalar(select(func.count()).select_from(invoices.subquery()))
    rows = await db.scalars(invoices.order_by(Invoice.id.desc()).limit(limit).offset((page - 1) * limit))
    return {
        "items": rows.all(),
        "total": total,
        "page": page,
        "limit": limit,
        "has_more": page * limit < (total or 0),
    }


@router.get("/orders", response_model=OrderPage, dependencies=[Depends(needs("orders:read"))])
async def list_orders(
    db: DB,
    status: str | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Any:
    orders = select(Order)
    if status:
        orders = orders.where(Order.status == status)
    return await page_of(db, orders, orders.order_by(Order.id.desc()), page, limit)


@router.get("/stock", response_model=StockPage, dependencies=[Depends(needs("inventory:read"))])
async def list_stock(
    db: DB, page: Annotated[int, Query(ge=1)] = 1, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Any:
    named = select(StockRow).options(joinedload(StockRow.item), joinedload(StockRow.warehouse))
    return await page_of(db, select(StockRow), named.order_by(StockRow.id.desc()), page, limit)


async def page_of(db: AsyncSession, counted: Any, rows: Any, page: int, limit: int) -> dict[str, Any]:
    total = await db.scalar(
        select(func.count()).select_from(counted.with_only_columns(counted.selected_columns.id).subquery())
    )
    found = await db.scalars(rows.limit(limit).offset((page - 1) * limit))
    more = page * limit < (total or 0)
    return {"items": found.all(), "total": total, "page": page, "limit": limit, "has_more": more}


@router.post("/invoices", response_model=InvoiceOut, status_code=201, dependencies=[Depends(needs("invoices:write"))])
async def create_invoice(asked: InvoiceIn, user: CurrentUser, db: DB) -> Any:
    customer = await db.scalar(
        select(Party)
        .where(Party.kind == "customer", Party.id == asked.customer_id)
        .with_for_update(read=True, key_share=True)
    )
    if customer is None or not customer.active:
        raise HTTPException(422)
    who = {"actor_id": str(user.id), "actor_email": user.email, "action": "create"}
    await db.execute(select(func.set_config("skeleton.context", json.dumps(who), True)))
    now = datetime.now(UTC)
    lines = [line_values(line) for line in asked.lines]
    invoice = Invoice(
        number=await next_number(db, f"INV-{now.year}"),
        customer_id=customer.id,
        customer_name=customer.name,
        currency=asked.currency or customer.currency,
        issue_date=now.date(),
        due_date=asked.due_date,
        notes=asked.notes,
        created_by_id=user.id,
        created_at=now,
        updated_at=now,
        **totals(lines),
    )
    db.add(invoice)
    await db.flush()
    of_invoice = {"invoice_id": invoice.id, "created_at": now, "updated_at": now}
    await db.scalars(
        insert(Line).returning(Line), [{**line, **of_invoice, "position": n} for n, line in enumerate(lines, 1)]
    )
    await db.commit()
    return await db.scalar(
        select(Invoice)
        .where(Invoice.id == invoice.id)
        .options(selectinload(Invoice.lines), selectinload(Invoice.payments))
    )


async def next_number(db: AsyncSession, name: str) -> str:
    series = await db.scalar(select(NumberSeries).where(NumberSeries.id == name).with_for_update())
    if series is None:
        series = NumberSeries(id=name, last=0)
        db.add(series)
    series.last += 1
    await db.flush()
    return f"{name}-{series.last:03}"


def line_values(line: LineIn) -> dict[str, Any]:
    product = whole(line.quantity * line.unit_price)
    if line.discount > product:
        raise HTTPException(422)
    return {**line.model_dump(), "total": product - line.discount}


def totals(lines: list[dict[str, Any]]) -> dict[str, Any]:
    bases: dict[Decimal, int] = {}
    for line in lines:
        bases[line["tax_rate"]] = bases.get(line["tax_rate"], 0) + line["total"]
    breakdown = [
        {"rate": float(rate), "base": base, "tax": whole(base * rate / 100)} for rate, base in sorted(bases.items())
    ]
    subtotal, tax = sum(bases.values()), sum(row["tax"] for row in breakdown)
    return {"subtotal": subtotal, "tax_total": tax, "tax_breakdown": breakdown, "total": subtotal + tax}


def whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
application.include_router(router)
