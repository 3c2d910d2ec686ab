"""How many queries each list and each read takes, pinned in the app's `tests/query_counts.json`, which people review.

A list takes 2 or 3: authentication, the page, and the count when the page does not show its own end. A read takes 2.
"""

import importlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    file = Path(importlib.import_module(app).__path__[0]) / "tests" / "query_counts.json"
    if os.environ.get(REWRITE):
        file.write_text(json.dumps(counted, indent=4) + "\n")
    assert counted == json.loads(file.read_text()), f"the numbers of queries changed; {REWRITE}=1 rewrites {file}"


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


def _measured(client: ApiClient, path: str, **query: Any) -> tuple[Answer, int]:
    client.get(path, **query).ok()  # what is compiled or cached once is not what is measured
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path, **query)
    answer.ok()
    return answer, len(captured)
