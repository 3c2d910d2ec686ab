"""The measuring itself: servers take turns, round after round, so that a bad minute of the machine hits all alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.database import postgres_pid
from bench.load import Generator
from bench.measure import cpu_seconds
from bench.scenarios import Scenario
from bench.servers import Server, Servers


@dataclass(frozen=True)
class Effort:
    """How long is measured: `rounds` times `busy` seconds at saturation and `alone` seconds with one client."""

    rounds: int
    busy: float
    alone: float
    warm_up: float = 0.5
    clients: int = 8


@dataclass
class Figures:
    """What one server needed in one scenario, a value per round. CPU times in milliseconds per request."""

    cpu: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    alone_p50: list[float] = field(default_factory=list)
    alone_p99: list[float] = field(default_factory=list)


Results = dict[str, Figures]
"""By the name of the server."""


def ratio(dividend: Figures, divisor: Figures) -> float:
    """The median of the CPU ratios of the rounds, each taken within one round."""
    return median(a / b for a, b in zip(dividend.cpu, divisor.cpu, strict=True))


def measure(scenario: Scenario, servers: Servers, token: str, generator: Generator, effort: Effort) -> Results:
    """All servers, so many rounds. Each round begins with another server."""
    requests = [ask.raw(token) for ask in scenario.asks(servers.database.customers)]
    results = {name: Figures() for name in servers.names}
    for server in servers.running.values():
        generator.run(server.port, requests, clients=effort.clients, seconds=effort.warm_up, status=scenario.status)
    for turn in range(effort.rounds):
        for name in rotated(servers.names, turn):
            measure_once(servers[name], requests, generator, effort, status=scenario.status, figures=results[name])
    return results


def measure_once(
    server: Server, requests: list[bytes], generator: Generator, effort: Effort, *, status: int, figures: Figures
) -> None:
    """One server's turn in one round, added to its figures."""
    postgres = postgres_pid()
    before, database_before = cpu_seconds(server.pid), cpu_seconds(postgres)
    outcome = generator.run(server.port, requests, clients=effort.clients, seconds=effort.busy, status=status)
    after, database_after = cpu_seconds(server.pid), cpu_seconds(postgres)
    figures.cpu.append((after - before) / outcome.requests * 1000)
    figures.database.append((database_after - database_before) / outcome.requests * 1000)
    figures.per_second.append(outcome.per_second)
    figures.p50.append(outcome.p50)
    figures.p99.append(outcome.p99)
    if effort.alone:
        alone = generator.run(server.port, requests, clients=1, seconds=effort.alone, status=status)
        figures.alone_p50.append(alone.p50)
        figures.alone_p99.append(alone.p99)


def rotated(names: Sequence[str], by: int) -> list[str]:
    """`names`, beginning with another one each time."""
    by %= len(names)
    return [*names[by:], *names[:by]]
