"""The floor: the least that a Python server can do for these answers. One function, SQL by hand, nothing of ours.

It gives the guarantees that ours gives: the token verified, user, session and permissions looked up at every request,
exact totals, and for writes one transaction in which the audit triggers know who acts.
"""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import jwt
import orjson
import psycopg
from psycopg.types.json import set_json_loads

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Answer = tuple[str, Any]

SECRET = os.environ["BENCH_SECRET"]
DSN = (
    f"host={os.environ['BENCH_DB_HOST']} user={os.environ['BENCH_DB_USER']} "
    f"password={os.environ['BENCH_DB_PASSWORD']} dbname={os.environ['BENCH_DB_NAME']}"
)
JSON_OPTIONS = orjson.OPT_UTC_Z
OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = "200 OK", "401 Unauthorized", "403 Forbidden", "404 Not Found"

set_json_loads(orjson.loads)
_local = threading.local()

ACTOR = """
SELECT u.email, ARRAY(SELECT unnest(r.permissions) FROM identity_user_role h JOIN identity_role r ON r.id = h.role_id
                      WHERE h.user_id = u.id)
FROM identity_session s JOIN identity_user u ON u.id = s.user_id
WHERE s.id = %s AND u.id = %s AND s.revoked_at IS NULL AND s.expires_at > now() AND u.is_active
"""

_CUSTOMER = """
SELECT p.id, p.name, p.email, p.phone, p.tax_id, p.website, p.social_media, p.status, p.credit_limit, p.currency,
       p.total_purchases, p.created_at, p.updated_at,
       ARRAY(SELECT json_build_array(a.type, a.street, a.city, a.region, a.postal_code, a.country_id, c.code)
             FROM parties_address a LEFT JOIN parties_country c ON c.id = a.country_id
             WHERE a.party_id = p.id ORDER BY a.id)
FROM parties_party p
"""
CUSTOMER = _CUSTOMER + "WHERE p.kind = 'customer' AND p.id = %s"
CUSTOMERS = _CUSTOMER + "WHERE p.kind = 'customer' ORDER BY p.id DESC LIMIT %s OFFSET %s"
# the count that triggers keep: whoever writes, pays for it in any of the servers
CUSTOMER_COUNT = """
SELECT coalesce(sum(delta), 0)::bigint FROM core_row_count WHERE source = 'parties_party' AND part = 'customer'
"""


def connection() -> psycopg.Connection[Any]:
    """This thread's connection, with every statement prepared at its first use."""
    found: psycopg.Connection[Any] | None = getattr(_local, "connection", None)
    if found is None:
        found = _local.connection = psycopg.connect(
            DSN, autocommit=True, prepare_threshold=0, options="-c timezone=UTC"
        )
    return found


def actor_of(environ: dict[str, Any]) -> tuple[str, list[str]] | None:
    """E-mail and permissions of the caller, or None."""
    try:
        claims = jwt.decode(
            environ.get("HTTP_AUTHORIZATION", "")[7:], SECRET, algorithms=["HS256"], audience="skeleton-api",
            issuer="skeleton",
        )  # fmt: skip
    except jwt.InvalidTokenError:
        return None
    if claims.get("token_type") != "access":
        return None
    found: tuple[str, list[str]] | None = (
        connection().execute(ACTOR, (claims["sid"], claims["sub"]), binary=True).fetchone()
    )
    return found


def may(permissions: list[str], *needed: str) -> bool:
    return any(one in permissions for one in (*needed, "*:*", "customers:*", "parties:*"))


def customer_object(row: tuple[Any, ...]) -> dict[str, Any]:
    addresses = [address_object(address) for address in row[13]]
    primary = next((address for address in addresses if address["type"] == "billing"), None)
    primary = primary or (addresses[0] if addresses else None)
    return {
        "id": row[0], "name": row[1], "email": row[2], "phone": row[3], "tax_id": row[4], "website": row[5],
        "social_media": row[6], "status": row[7], "active": row[7] == "active",
        "address": {key: primary[key] for key in ADDRESS_KEYS} if primary else None, "addresses": addresses,
        "credit_limit": row[8], "currency": row[9], "total_purchases": row[10],
        "created_at": row[11], "updated_at": row[12],
    }  # fmt: skip


ADDRESS_KEYS = ("street", "city", "region", "postal_code", "country", "country_code")


def address_object(row: list[Any]) -> dict[str, Any]:
    return {
        "type": row[0], "street": row[1], "city": row[2], "region": row[3], "state": row[3], "postal_code": row[4],
        "country": row[5], "country_code": row[6],
    }  # fmt: skip


def customers(environ: dict[str, Any]) -> Answer:
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    page, limit = int(query.get("page", 1)), int(query.get("limit", 20))
    skip = (page - 1) * limit
    rows = connection().execute(CUSTOMERS, (limit + 1, skip), binary=True).fetchall()
    more = len(rows) > limit
    total = skip + len(rows)
    if more:
        total = connection().execute(CUSTOMER_COUNT, binary=True).fetchone()[0]  # type: ignore[index]
    items = [customer_object(row) for row in rows[:limit]]
    return OK, {"items": items, "total": total, "page": page, "limit": limit, "has_more": more}


def customer(pk: str) -> Answer:
    row = connection().execute(CUSTOMER, (pk,), binary=True).fetchone()
    return (OK, customer_object(row)) if row else (NOT_FOUND, {"error": "not_found"})


def answer(environ: dict[str, Any]) -> Answer:
    actor = actor_of(environ)
    if actor is None:
        return UNAUTHORIZED, {"error": "unauthorized"}
    path = environ["PATH_INFO"]
    if path.startswith("/api/v1/customers"):
        if not may(actor[1], "customers:read", "parties:read"):
            return FORBIDDEN, {"error": "forbidden"}
        return customers(environ) if path == "/api/v1/customers" else customer(path[18:])
    return NOT_FOUND, {"error": "not_found"}


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    status, data = answer(environ)
    body = orjson.dumps(data, option=JSON_OPTIONS)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
