"""The results as a page: a table per scenario, and each target beside what was reached."""

import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.rounds import Effort, Figures, Results, ratio
from bench.scenarios import Scenario
from bench.servers import FLOOR, OURS, PEER, STOCK, WORKERS, processors

PAGE = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Verdict:
    """One target, and what was reached. `most` where less is better."""

    what: str
    reached: float
    bound: float
    most: bool

    def holds(self, slack: float = 1.0) -> bool:
        """Whether the bound is kept, or missed by no more than `slack` (1.25: 25 %)."""
        return self.reached <= self.bound * slack if self.most else self.reached >= self.bound / slack

    def __str__(self) -> str:
        sign = "≤" if self.most else "≥"
        return f"{self.what} {self.reached:.2f} × ({sign} {self.bound:g}): {'OK' if self.holds() else '**over**'}"


def verdicts(scenario: Scenario, results: Results) -> list[Verdict]:
    """The scenario's targets."""
    ours, targets, found = results[OURS], scenario.targets, []
    if targets.floor:
        found.append(Verdict("ours / floor", ratio(ours.cpu, results[FLOOR].cpu), targets.floor, most=True))
    if targets.stock:
        found.append(Verdict("stock / ours", ratio(results[STOCK].cpu, ours.cpu), targets.stock, most=False))
    if targets.peer:
        found.append(Verdict("peer / ours", ratio(results[PEER].cpu, ours.cpu), targets.peer, most=False))
    if targets.rate:
        reached = ratio(ours.per_second, results[STOCK].per_second)
        found.append(Verdict("a second, ours / stock", reached, targets.rate, most=False))
    return found


def table(scenario: Scenario, results: Results) -> str:
    """The scenario in Markdown."""
    lines = [
        f"## {scenario.title[0].upper()}{scenario.title[1:]}",
        "",
        "| | CPU ms | database ms | requests/s | p50 ms | p99 ms | alone p50 | alone p99 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(line(name, figures) for name, figures in results.items()),
        "",
        *(f"- {verdict}" for verdict in verdicts(scenario, results)),
    ]
    return "\n".join(lines) + "\n"


def line(name: str, figures: Figures) -> str:
    cells = [
        f"{median(figures.cpu):.2f}",
        f"{median(figures.database):.2f}",
        f"{median(figures.per_second):.0f}",
        f"{median(figures.p50):.1f}",
        f"{median(figures.p99):.1f}",
        f"{median(figures.alone_p50):.2f}" if figures.alone_p50 else "",
        f"{median(figures.alone_p99):.2f}" if figures.alone_p99 else "",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def page(tables: list[str], effort: Effort, customers: int, command: str) -> str:
    """The whole page."""
    return "\n".join([introduction(effort, customers, command), *tables])


def introduction(effort: Effort, customers: int, command: str) -> str:
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("django", "djangorestframework", "granian", "psycopg", "fastapi", "sqlalchemy", "asyncpg")
    )
    return f"""# Speed, beside a floor, the stock way and a peer

Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit()}: {processors()} processors, Python
{platform.python_version()}, {packages}.

{customers:,} customers; {effort.rounds} rounds in which the servers take turns, {effort.busy:g} s with 8 or 16
clients and {effort.alone:g} s with one; {WORKERS} processes each.

- **ours**: as `make serve` runs it, limits and request log included.
- **floor**: the least a Python server can do: a bare WSGI function, psycopg, orjson, SQL by hand (`bench/floor.py`).
- **stock**: model viewsets and serializers, django-filter, simplejwt, on the same server (`bench/stock`).
- **peer**: FastAPI, pydantic and async SQLAlchemy on asyncpg, on the same server as ASGI (`bench/peer.py`).

All four ran side by side over one database, and were checked to give equal answers. *CPU ms* is the processor time of
the server's processes per request (user and system), *database ms* that of PostgreSQL's. The ratios are of CPU, medians
of the rounds' own ratios. Requests per second, p50 and p99 are those at saturation, where load generator and database
share the processors with the server; *alone* is one client. All are medians over the rounds.
"""


def commit() -> str:
    answer = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"
