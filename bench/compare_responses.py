"""Checks before measuring that all servers give the same responses; otherwise comparing them is pointless."""

import json
from typing import Any

from bench.scenarios import Request, Scenario
from bench.servers import OURS, Server, Servers

TRIED = 5
"""Number of a scenario's requests, evenly spread, that are compared."""


def check(scenario: Scenario, servers: Servers, token: str) -> None:
    """Stop the benchmark if a response differs from ours, and report the difference."""
    requests = scenario.requests(servers.database.customers)
    for request in requests[:: max(1, len(requests) // TRIED)]:
        expected = answer(servers[OURS], scenario, request, token)
        for name in scenario.servers:
            found = answer(servers[name], scenario, request, token)
            if found != expected:
                raise SystemExit(f"{name} answers {request.path} otherwise than ours:\n{difference(expected, found)}")


def answer(server: Server, scenario: Scenario, request: Request, token: str) -> Any:
    """Return the response's JSON without values that differ between responses."""
    status, body = server.request(request.method, request.path, request.body, token)
    if status != scenario.status:
        raise SystemExit(f"{server.name} answers {request.method} {request.path} with {status}: {body[:500]!r}")
    return without(json.loads(body), scenario.differs)


def without(value: Any, names: frozenset[str]) -> Any:
    """Return `value` with the values of these keys blanked at any depth."""
    if isinstance(value, dict):
        return {key: "…" if key in names else without(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [without(inner, names) for inner in value]
    return value


def difference(expected: Any, found: Any, path: str = "") -> str:
    """Return a description of the first difference between two values."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if expected.keys() != found.keys():
            return f"{path or '.'}: keys differ: {sorted(expected.keys() ^ found.keys())}"
        return next((difference(expected[k], found[k], f"{path}.{k}") for k in expected if expected[k] != found[k]), "")
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return next((difference(a, b, f"{path}[{i}]") for i, (a, b) in pairs if a != b), "")
    return f"{path or '.'}: ours {json.dumps(expected)[:200]}, theirs {json.dumps(found)[:200]}"
