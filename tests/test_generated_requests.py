"""Requests that nobody thought of, made from the OpenAPI document, against a server of the test database.

No answer is a 500, and every answer is one that the document describes. Ids in paths are those of real records where
there are any, so that some requests come further than to a 404.
"""

import contextlib
import os
from collections import Counter, defaultdict
from functools import cache

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from skeleton.core.testkit.client import PREFIX, document
from skeleton.core.testkit.matrix import tables
from skeleton.identity.tests.factories import RoleFactory, UserFactory, client_of, user_in_role

EXAMPLES = int(os.environ.get("SKELETON_EXAMPLES", "4"))
"""For each operation and way of making requests: such as the document allows, and such as it does not."""

NOT_HERE = {
    f"POST {PREFIX}/auth/logout",  # would end the session that the test goes on with
    f"POST {PREFIX}/auth/register",  # a slow hash each
    f"POST {PREFIX}/auth/login",
    f"GET {PREFIX}/messenger/events",  # never ends
}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {405, 406, 411, 413, 415}
"""What is said by the server itself, of any path, is tested elsewhere."""


@cache
def described():
    return schemathesis.openapi.from_dict(document())


def operations_of(app):
    paths = {f"{route.method} {PREFIX}{route.path}" for route in tables()[app]} - NOT_HERE
    for result in described().get_all_operations():
        operation = result.ok()
        if f"{operation.method.upper()} {operation.path}" in paths:
            yield operation


def known_ids(client):
    """Ids of records that are there, by the path of their collection."""
    found = defaultdict(list)
    for method, path in [(route.method, route.path) for table in tables().values() for route in table]:
        if method == "GET" and "{" not in path:
            answer = client.get(path)
            rows = (answer.data or {}).get("items") or (answer.data or {}).get("data") or []
            if isinstance(rows, list):
                found[path] = [row["id"] for row in rows if isinstance(row, dict) and "id" in row]
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("app", tables())
def test_generated_requests(app, live_server):
    owner = client_of(user_in_role("super_admin"))
    UserFactory.create_batch(3)
    RoleFactory.create_batch(3, permissions=["users:read"])
    seen = Counter()
    for operation in operations_of(app):
        ids = known_ids(owner) if "{" in operation.path else {}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            attack(operation, mode, ids, live_server.url, owner.token, seen)
    assert sum(seen[status] for status in (200, 201, 204)) > sum(seen.values()) / 20, seen  # else this proves little
    assert not seen[401], seen


def attack(operation, mode, ids, url, token, seen):
    """Send the operation some requests, and count the answers in `seen`. Raises what is wrong with one of them."""
    collection = operation.path.removeprefix(PREFIX).split("/{")[0]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), number=st.integers(0, 5))
    def send(case, number):
        if ids.get(collection) and number and isinstance(case.path_parameters, dict) and "id" in case.path_parameters:
            case.path_parameters["id"] = ids[collection][number % len(ids[collection])]
        response = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        seen[response.status_code] += 1
        if response.status_code not in LEFT_OUT:
            case.validate_response(response, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):  # nothing about this operation can be wrong
        send()
