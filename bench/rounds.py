"""Measures servers in alternating rounds, so that a busy minute of the machine affects all of them equally."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import TypeVar

from bench.database import postgres_pid
from bench.load import Generator, Outcome
from bench.measure import cpu_seconds
from bench.scenarios import Scenario
from bench.servers import Server, Servers


@dataclass(frozen=True)
class Duration:
    """The duration: `rounds` rounds of `busy` seconds at saturation and `alone` seconds with one client."""

    rounds: int
    busy: float
    alone: float
    warm_up: float = 0.5


@dataclass
class Figures:
    """The results of one server in one scenario, one value per round. CPU times are in milliseconds per request."""

    cpu: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    alone_p50: list[float] = field(default_factory=list)
    alone_p99: list[float] = field(default_factory=list)


Thing = TypeVar("Thing")

Results = dict[str, Figures]
"""Figures by the name of the server."""

Send = Callable[..., Outcome]
"""`Generator.run` with the scenario's requests."""


def ratio(dividend: Sequence[float], divisor: Sequence[float]) -> float:
    """Return the median of the ratios within each round."""
    return median(a / b for a, b in zip(dividend, divisor, strict=True))


def measure(scenario: Scenario, servers: Servers, token: str, generator: Generator, effort: Duration) -> Results:
    """Measure all servers of the scenario. Each round starts with a different server."""
    requests = [request.raw(token) for request in scenario.requests(servers.database.customers)]
    results = {name: Figures() for name in scenario.servers}
    send = partial(generator.run, requests=requests, status=scenario.status)
    for name in scenario.servers:
        send(servers[name].port, clients=scenario.clients, seconds=effort.warm_up)
    for turn in range(effort.rounds):
        for name in rotated(scenario.servers, turn):
            measure_once(servers[name], send, scenario.clients, effort, results[name])
    return results


def measure_once(server: Server, send: Send, clients: int, effort: Duration, figures: Figures) -> None:
    """Measure one server for one round, and add the results to its figures."""
    postgres = postgres_pid(server.database.home)
    before, database_before = cpu_seconds(server.pid), cpu_seconds(postgres)
    outcome = send(server.port, clients=clients, seconds=effort.busy)
    after, database_after = cpu_seconds(server.pid), cpu_seconds(postgres)
    figures.cpu.append((after - before) / outcome.requests * 1000)
    figures.database.append((database_after - database_before) / outcome.requests * 1000)
    figures.per_second.append(outcome.per_second)
    figures.p50.append(outcome.p50)
    figures.p99.append(outcome.p99)
    if effort.alone:
        alone = send(server.port, clients=1, seconds=effort.alone)
        figures.alone_p50.append(alone.p50)
        figures.alone_p99.append(alone.p99)


def rotated(things: Sequence[Thing], by: int) -> list[Thing]:
    """Return `things` rotated by `by`."""
    by %= len(things)
    return [*things[by:], *things[:by]]
