"""The numbers of SQL statements of requests, pinned in JSON files.

Reads are pinned in each app's `tests/query_counts.json`. A list takes 2 or 3: authentication, the page, and the count
if the page is not the last one. A read takes 2. Writes are pinned in `tests/statement_counts.json`.

Every statement counts: authentication, the begin and end of the transaction (a savepoint if the test is rolled back),
the audit context, and the read for the response. Statements within triggers are not counted.
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
"""If this variable is set, the file is rewritten. Check the diff before you commit it."""


def check_query_counts(app: str, client: ApiClient, samples: Mapping[str, str], *, skip: tuple[str, ...] = ()) -> None:
    """Count the queries of every GET route of `app` and compare them with the pinned numbers.

    `samples` maps each route with an id to an existing path (`"/users/{id}": f"/users/{user.pk}"`). Lists must
    have at least four rows, so that a query per row would show. `skip` has routes that are not reads, such as streams.
    """
    routes = [route for route in routes_of(app) if route.method == "GET" and route.path not in skip]
    counted: dict[str, int] = {}
    for route in routes:
        assert "{" not in route.path or route.path in samples, f"give a sample of {route}"
        counted |= _count(client, str(route), samples.get(route.path, route.path))
    compare_counts(counted, Path(importlib.import_module(app).__path__[0]) / "tests" / "query_counts.json")


def compare_counts(counted: Mapping[str, int], file: Path) -> None:
    """Assert that `counted` equals the numbers in `file`. If `REWRITE` is set, write them first."""
    if os.environ.get(REWRITE):
        file.write_text(json.dumps(counted, indent=4) + "\n")
    assert counted == json.loads(file.read_text()), f"the numbers of statements changed; {REWRITE}=1 rewrites {file}"


@contextmanager
def counting_statements() -> Iterator[CaptureQueriesContext]:
    """Count the statements executed in the block: `len()` of the yielded object. `shown` formats them."""
    with CaptureQueriesContext(connection) as captured:
        yield captured


def shown(captured: CaptureQueriesContext) -> str:
    """Return the shortened statements, one per line, for error messages."""
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
    client.get(path, **query).ok()  # so that nothing is compiled or cached in the measured request
    with counting_statements() as captured:
        answer = client.get(path, **query)
    answer.ok()
    return answer, len(captured)
