"""Writes the results page: a table per scenario, and each target with its result."""

import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psycopg

from bench.database import Database
from bench.rounds import Duration, Figures, Results, ratio
from bench.scenarios import Scenario
from bench.servers import FLOOR, OURS, PEER, STOCK, WORKERS, processors

PAGE = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Verdict:
    """A target and its result. `most`: lower is better. Only `gated` targets can fail a check."""

    what: str
    reached: float
    bound: float
    most: bool
    unit: str = "×"
    gated: bool = True

    def holds(self, slack: float = 1.0) -> bool:
        """Return whether the target is met, or missed by no more than `slack` (1.25: 25 %)."""
        return self.reached <= self.bound * slack if self.most else self.reached >= self.bound / slack

    def __str__(self) -> str:
        bound = f"{'≤' if self.most else '≥'} {self.bound:g}"
        return f"{self.what} {self.reached:.2f} {self.unit} ({bound}): {'OK' if self.holds() else '**missed**'}"


def verdicts(scenario: Scenario, results: Results) -> list[Verdict]:
    """Return the scenario's targets with their results."""
    ours, targets, found = results[OURS], scenario.targets, []
    if targets.floor:
        found.append(Verdict("ours / floor", ratio(ours.cpu, results[FLOOR].cpu), targets.floor, most=True))
    if targets.stock:
        found.append(Verdict("stock / ours", ratio(results[STOCK].cpu, ours.cpu), targets.stock, most=False))
    if targets.peer:
        found.append(Verdict("peer / ours", ratio(results[PEER].cpu, ours.cpu), targets.peer, most=False))
    if targets.rate:
        reached = ratio(ours.per_second, results[STOCK].per_second)
        found.append(Verdict("a second, ours / stock", reached, targets.rate, most=False, gated=False))
    return found


def table(scenario: Scenario, results: Results) -> str:
    """Return the scenario's results as a Markdown table."""
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


def write(section: str) -> None:
    """Replace the section with the same heading in the results page, or add it."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sections = {part.partition("\n")[0]: part for part in re.split(r"(?m)^(?=# )", old) if part}
    sections[section.partition("\n")[0]] = f"{section.rstrip()}\n\n"
    text = "".join(sections[heading] for heading in sorted(sections, reverse=True))  # Speed before Growth
    PAGE.write_text(f"{text.rstrip()}\n", encoding="utf-8")


def speed(tables: list[str], effort: Duration, database: Database) -> str:
    """Return the section about speed with these tables."""
    return "\n".join([introduction(effort, database), *tables])


def environment_text(database: Database) -> str:
    """Return a description of the machine and the software versions."""
    with psycopg.connect(database.dsn) as connection:
        postgres = "{}.{}".format(*divmod(connection.info.server_version, 10_000))
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("django", "djangorestframework", "granian", "psycopg", "fastapi", "sqlalchemy", "asyncpg")
    )
    return f"{processors()} processors, Python {platform.python_version()}, PostgreSQL {postgres}, {packages}"


def introduction(effort: Duration, database: Database) -> str:
    return f"""# Speed, beside a floor, the stock way and a peer

Made by `make bench`: {environment_text(database)}.

{database.customers:,} customers and as many invoices; {effort.rounds} rounds in which the servers take turns,
{effort.busy:g} s with 8 clients (16 for the numbers) and {effort.alone:g} s with one; {WORKERS} processes each.

- **ours**: as `make serve` runs it, limits and request log included.
- **floor**: the least a Python server can do: a bare WSGI function, psycopg, orjson, SQL by hand (`bench/floor.py`),
  with the same guarantees: tables, triggers and kept counts are ours.
- **stock**: model viewsets and serializers, django-filter, simplejwt, on the same server (`bench/stock`); numbers by
  `select_for_update`.
- **peer**: FastAPI, pydantic and async SQLAlchemy on asyncpg, on the same server as ASGI (`bench/peer.py`).

All four ran side by side over one database, and were checked to give equal answers. *CPU ms* is the processor time of
the server's processes per request (user and system), *database ms* that of PostgreSQL's. The ratios are of CPU, medians
of the rounds' own ratios. Requests per second, p50 and p99 are those at saturation, where load generator and database
share the processors with the server; *alone* is one client. All are medians over the rounds.
"""
