"""The usual alternative: FastAPI with Pydantic models, async SQLAlchemy and asyncpg, on our tables."""

import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import URL, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    joinedload,
    selectinload,
)

from bench.peer_models import Address, Invoice, Line, NumberSeries, Order, Party, Session, Settlement, StockRow, User
from bench.peer_schemas import (
    CustomerOut,
    CustomerPage,
    InvoiceIn,
    InvoiceOut,
    InvoicePage,
    LineIn,
    OrderPage,
    StockPage,
)

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


# Authentication


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
        .options(
            selectinload(Invoice.lines),
            selectinload(Invoice.payments),
            selectinload(Invoice.settlements).selectinload(Settlement.payment),
        )
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
