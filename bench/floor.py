"""The floor: the minimum work of a Python server for these responses, with hand-written SQL and none of our code.

It gives the same guarantees as ours: it verifies the token, looks up user, session and permissions at every request,
returns exact totals, and writes in one transaction with the acting user set for the audit triggers.
"""

import os
import threading
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import jwt
import orjson
import psycopg
from psycopg.types.json import set_json_loads

from bench.floor_sql import (
    ACTOR,
    ADD_INVOICE,
    ADD_LINES,
    BEGIN_INVOICE,
    CUSTOMER,
    CUSTOMER_COUNT,
    CUSTOMERS,
    INVOICE_COUNT,
    INVOICE_KEYS,
    INVOICES,
    NUMBER,
    ORDER_COUNT,
    ORDER_KEYS,
    ORDERS,
    STOCK,
    STOCK_COUNT,
)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Answer = tuple[str, Any]
Actor = tuple[UUID, str, list[str]]

SECRET = os.environ["BENCH_SECRET"]
DSN = (
    f"host={os.environ['BENCH_DB_HOST']} user={os.environ['BENCH_DB_USER']} "
    f"password={os.environ['BENCH_DB_PASSWORD']} dbname={os.environ['BENCH_DB_NAME']}"
)
JSON_OPTIONS = orjson.OPT_UTC_Z
OK, CREATED, INVALID = "200 OK", "201 Created", "422 Unprocessable Content"
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = "401 Unauthorized", "403 Forbidden", "404 Not Found"

set_json_loads(orjson.loads)
_local = threading.local()


def connection() -> psycopg.Connection[Any]:
    """Return this thread's connection, which prepares every statement at its first use."""
    found: psycopg.Connection[Any] | None = getattr(_local, "connection", None)
    if found is None:
        found = _local.connection = psycopg.connect(
            DSN, autocommit=True, prepare_threshold=0, options="-c timezone=UTC"
        )
    return found


def actor_of(environ: dict[str, Any]) -> Actor | None:
    """Return the id, e-mail and permissions of the caller, or None."""
    try:
        claims = jwt.decode(
            environ.get("HTTP_AUTHORIZATION", "")[7:],
            SECRET,
            algorithms=["HS256"],
            audience="skeleton-api",
            issuer="skeleton",
        )
    except jwt.InvalidTokenError:
        return None
    if claims.get("token_type") != "access":
        return None
    found: Actor | None = connection().execute(ACTOR, (claims["sid"], claims["sub"]), binary=True).fetchone()
    return found


def allows(actor: Actor, action: str, *resources: str) -> bool:
    held = actor[2]
    return "*:*" in held or any(f"{one}:{action}" in held or f"{one}:*" in held for one in resources)


def customer_object(row: tuple[Any, ...]) -> dict[str, Any]:
    addresses = [address_object(address) for address in row[13]]
    primary = next((address for address in addresses if address["type"] == "billing"), None)
    primary = primary or (addresses[0] if addresses else None)
    return {
        "id": row[0],
        "name": row[1],
        "email": row[2],
        "phone": row[3],
        "tax_id": row[4],
        "website": row[5],
        "social_media": row[6],
        "status": row[7],
        "active": row[7] == "active",
        "address": {key: primary[key] for key in ADDRESS_KEYS} if primary else None,
        "addresses": addresses,
        "credit_limit": row[8],
        "currency": row[9],
        "total_purchases": row[10],
        "created_at": row[11],
        "updated_at": row[12],
        "vat_id": row[14],
        "buyer_reference": row[15],
        "electronic_address": {"scheme": row[16], "id": row[17]} if row[17] else None,
        "language": row[18],
        "payment_days": row[19],
        "e_invoice": row[20],
        "phone_e164": row[21],
    }


ADDRESS_KEYS = ("street", "city", "region", "postal_code", "country", "country_code")


def address_object(row: list[Any]) -> dict[str, Any]:
    return {
        "type": row[0],
        "street": row[1],
        "city": row[2],
        "region": row[3],
        "state": row[3],
        "postal_code": row[4],
        "country": row[5],
        "country_code": row[6],
    }


def page_of(environ: dict[str, Any], sql: str, counting: str, by: str | None = None) -> tuple[Any, dict[str, Any]]:
    """Return the rows of the requested page and its pagination. `by` is the filter parameter."""
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    page, limit = int(query.get("page", 1)), int(query.get("limit", 20))
    skip = (page - 1) * limit
    filters = (query[by],) if by else ()
    rows = connection().execute(sql, (*filters, limit + 1, skip), binary=True).fetchall()
    more = len(rows) > limit
    total = skip + len(rows)
    if more:
        total = connection().execute(counting, filters, binary=True).fetchone()[0]  # type: ignore[index]
    return rows[:limit], {"total": total, "page": page, "limit": limit, "has_more": more}


def customers(environ: dict[str, Any]) -> Answer:
    rows, numbers = page_of(environ, CUSTOMERS, CUSTOMER_COUNT)
    return OK, {"items": [customer_object(row) for row in rows], **numbers}


def customer(pk: str) -> Answer:
    row = connection().execute(CUSTOMER, (pk,), binary=True).fetchone()
    return (OK, customer_object(row)) if row else (NOT_FOUND, {"error": "not_found"})


def invoices(environ: dict[str, Any]) -> Answer:
    rows, numbers = page_of(environ, INVOICES, INVOICE_COUNT, by="status")
    return OK, {"items": [invoice_object(row) for row in rows], **numbers}


def invoice_object(row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(INVOICE_KEYS, row, strict=True))
    found["order_id"] = None
    if found["delivery_date"] is None and found["service_start"] is None:
        found["delivery_date"] = found["issue_date"]
    settled = found["amount_paid"] + found["amount_credited"] + found["amount_written_off"]
    found["amount_due"] = 0 if found["status"] == "cancelled" else found["total"] - settled
    return found


def orders(environ: dict[str, Any]) -> Answer:
    rows, numbers = page_of(environ, ORDERS, ORDER_COUNT, by="status")
    return OK, {"items": [order_object(row) for row in rows], **numbers}


def order_object(row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(ORDER_KEYS, row, strict=True))
    invoiced = found["invoiced_total"]
    statuses = MAY_BECOME[found["status"]]
    found["allowed_transitions"] = statuses if invoiced is None else [one for one in statuses if one != "cancelled"]
    found["invoiced_total"] = invoiced or 0
    return found


MAY_BECOME = {
    "draft": ["pending", "confirmed", "cancelled"],
    "pending": ["confirmed", "cancelled"],
    "confirmed": ["shipped", "cancelled"],
    "shipped": ["delivered"],
    "delivered": [],
    "cancelled": [],
}


def stock(environ: dict[str, Any]) -> Answer:
    rows, numbers = page_of(environ, STOCK, STOCK_COUNT)
    return OK, {"items": [stock_object(row) for row in rows], **numbers}


def stock_object(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": row[0],
        "item_id": row[1],
        "sku": row[2],
        "item_name": row[3],
        "warehouse_id": row[4],
        "warehouse_name": row[5],
        "quantity": float(row[6]),
        "reserved": float(row[7]),
        "available": float(row[8]),
        "reorder_point": float(row[9]),
        "reorder_quantity": float(row[10]),
        "updated_at": row[11],
    }


_WHOLE = Decimal(1)


def whole(value: Decimal) -> int:
    """Round half away from zero. Nothing here is negative."""
    return int(value.quantize(_WHOLE, ROUND_HALF_UP))


Line = tuple[str, Decimal, int, int, Decimal, int]
"""Description, quantity, unit price, discount, rate of tax, total."""


def create_invoice(environ: dict[str, Any], actor: Actor) -> Answer:
    asked = orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    lines = [priced(line) for line in asked["lines"]]
    if any(line[5] < 0 for line in lines):
        return INVALID, {"error": "validation"}
    totals = totals_of(lines)
    context = {
        "actor_id": actor[0],
        "actor_email": actor[1],
        "action": "create",
        "request_id": str(uuid4()),
        "ip": environ["REMOTE_ADDR"],
    }
    mine = connection()
    with mine.transaction():
        run = mine.cursor(binary=True).execute
        customer = run(BEGIN_INVOICE, (orjson.dumps(context).decode(), asked["customer_id"])).fetchone()
        if customer is None or customer[1] != "active":
            return INVALID, {"error": "validation"}
        name, last = run(NUMBER).fetchone()  # type: ignore[misc]
        head = {
            "number": f"{name}-{last:03}",
            "customer_id": asked["customer_id"],
            "currency": asked.get("currency") or customer[2],
            **totals,
            "notes": asked.get("notes"),
            "created_by": actor[0],
        }
        written = run(
            ADD_INVOICE,
            {**head, "due_date": asked["due_date"], "tax_breakdown": orjson.dumps(totals["tax_breakdown"]).decode()},
        ).fetchone()
        ids = run(ADD_LINES, (written[0], *map(list, zip(*lines, strict=True)))).fetchall()  # type: ignore[index]
    return CREATED, draft_object(head, written, lines, ids)


def priced(line: dict[str, Any]) -> Line:
    quantity, rate = Decimal(str(line["quantity"])), Decimal(str(line.get("tax_rate", 0)))
    discount = line.get("discount", 0)
    total = whole(quantity * line["unit_price"]) - discount
    return line["description"], quantity, line["unit_price"], discount, rate, total


def totals_of(lines: list[Line]) -> dict[str, Any]:
    bases: dict[Decimal, int] = {}
    for line in lines:
        bases[line[4]] = bases.get(line[4], 0) + line[5]
    breakdown = [
        {"rate": float(rate), "base": base, "tax": whole(base * rate / 100)} for rate, base in sorted(bases.items())
    ]
    subtotal, tax = sum(bases.values()), sum(row["tax"] for row in breakdown)
    return {"subtotal": subtotal, "tax_total": tax, "tax_breakdown": breakdown, "total": subtotal + tax}


def draft_object(head: dict[str, Any], written: Any, lines: list[Line], ids: list[tuple[UUID]]) -> dict[str, Any]:
    pk, customer_name, issued, due, now = written
    currency = head["currency"]
    return {
        **head,
        "id": pk,
        "customer_name": customer_name,
        "order_id": None,
        "status": "draft",
        "credited_total": 0,
        "amount_paid": 0,
        "amount_credited": 0,
        "amount_written_off": 0,
        "amount_due": head["total"],
        "issue_date": issued,
        "due_date": due,
        "origin": "created",
        "payment_days": None,
        "delivery_date": issued,
        "service_start": None,
        "service_end": None,
        "buyer_reference": None,
        "purchase_order_reference": None,
        "delivery_address": None,
        "is_overdue": False,
        "sent_at": None,
        "paid_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "created_at": now,
        "updated_at": now,
        "payments": [],
        "settlements": [],
        "lines": [
            {
                "id": line_id,
                "item_id": None,
                "item_number": None,
                "unit_code": "C62",
                "price_base_quantity": 1.0,
                "tax_code": None,
                "description": line[0],
                "quantity": float(line[1]),
                "unit_price": line[2],
                "currency": currency,
                "discount": line[3],
                "tax_rate": float(line[4]),
                "total": line[5],
            }
            for (line_id,), line in zip(ids, lines, strict=True)
        ],
    }


LISTS: dict[str, tuple[Callable[[dict[str, Any]], Answer], tuple[str, ...]]] = {
    "/api/v1/customers": (customers, ("customers", "parties")),
    "/api/v1/invoices": (invoices, ("invoices",)),
    "/api/v1/orders": (orders, ("orders",)),
    "/api/v1/stock": (stock, ("inventory",)),
}


def answer(environ: dict[str, Any]) -> Answer:
    actor = actor_of(environ)
    if actor is None:
        return UNAUTHORIZED, {"error": "unauthorized"}
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] == "POST" and path == "/api/v1/invoices":
        return create_invoice(environ, actor) if allows(actor, "write", "invoices") else _NOT_ALLOWED
    if path in LISTS:
        listed, resources = LISTS[path]
        return listed(environ) if allows(actor, "read", *resources) else _NOT_ALLOWED
    if path.startswith("/api/v1/customers/"):
        return customer(path[18:]) if allows(actor, "read", "customers", "parties") else _NOT_ALLOWED
    return NOT_FOUND, {"error": "not_found"}


_NOT_ALLOWED: Answer = (FORBIDDEN, {"error": "forbidden"})


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    status, data = answer(environ)
    body = orjson.dumps(data, option=JSON_OPTIONS)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
