"""The usual alternative: FastAPI with pydantic models over async SQLAlchemy on asyncpg, over our tables."""

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import URL, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

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
    type_annotation_map = {datetime: TIMESTAMP(timezone=True), dict[str, Any]: JSONB, list[str]: ARRAY(TEXT)}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)


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
    """A dependency: any one of `permissions`."""
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


application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
application.include_router(router)
