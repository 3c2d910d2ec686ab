"""Counts of the SQL statements that requests take, pinned in JSON files that people review.

Reads are pinned in each app's `tests/query_counts.json`. A list takes 2 or 3: authentication, the page, and the count
when the page does not show its own end. A read takes 2. Writes are pinned in `tests/statement_counts.json`.

Every statement counts: authentication, the transaction's beginning and end (a savepoint in a test that is rolled back),
the audit context, and the read that makes the response. What triggers do is not seen.
"""

import importlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

from skeleton.testkit.client import Answer, ApiClient
from skeleton.testkit.matrix import routes_of

REWRITE = "SKELETON_REWRITE_QUERY_COUNTS"
"""Set, the file is written instead of compared: look at its diff before you commit it."""


def check_query_counts(app: str, client: ApiClient, samples: Mapping[str, str], *, skip: tuple[str, ...] = ()) -> None:
    """Count the queries of every GET route of `app` and compare them with what is pinned.

    `samples` maps each route with an id in it to a path that exists (`"/users/{id}": f"/users/{user.pk}"`). Lists must
    have at least four rows, so that a query per row would show. `skip` are routes that are no reads (streams).
    """
    routes = [route for route in routes_of(app) if route.method == "GET" and route.path not in skip]
    counted: dict[str, int] = {}
    for route in routes:
        assert "{" not in route.path or route.path in samples, f"give a sample of {route}"
        counted |= _count(client, str(route), samples.get(route.path, route.path))
    compare_counts(counted, Path(importlib.import_module(app).__path__[0]) / "tests" / "query_counts.json")


def compare_counts(counted: Mapping[str, int], file: Path) -> None:
    """Fail where `counted` is not what `file` says, or write it there if `REWRITE` is set."""
    if os.environ.get(REWRITE):
        file.write_text(json.dumps(counted, indent=4) + "\n")
    assert counted == json.loads(file.read_text()), f"the numbers of statements changed; {REWRITE}=1 rewrites {file}"


@contextmanager
def counting_statements() -> Iterator[CaptureQueriesContext]:
    """Count what is executed inside: `len()` of what is given; `shown` prints it."""
    with CaptureQueriesContext(connection) as captured:
        yield captured


def shown(captured: CaptureQueriesContext) -> str:
    """Return the statements, shortened, a line each: for the message of a test that fails."""
    return "\n".join(f"{n:3} {' '.join(query['sql'].split())[:150]}" for n, query in enumerate(captured, 1))


def _count(client: ApiClient, name: str, path: str) -> dict[str, int]:
    answer, queries = _measured(client, path)
    envelope = answer.data.get("data", answer.data) if answer.data else None  # a file has none
    if not isinstance(envelope, dict) or "items" not in envelope:
        return {name: queries}
    rows = len(envelope["items"])
    assert rows > 3, f"{name}: {rows} rows are too few to show a query per row"
    _, counting = _measured(client, path, limit=2)
    _, by_cursor = _measured(client, path, limit=2, cursor="")
    return {name: queries, f"{name} with more behind": counting, f"{name} by cursor": by_cursor}


def _measured(client: ApiClient, path: str, **query: object) -> tuple[Answer, int]:
    client.get(path, **query).ok()  # what is compiled or cached once is not what is measured
    with counting_statements() as captured:
        answer = client.get(path, **query)
    answer.ok()
    return answer, len(captured)
