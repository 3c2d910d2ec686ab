"""Measures how our speed scales: the same requests at 1,000 and at 1,000,000 rows, with two servers taking turns."""

import base64
import json
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench.database import CUSTOMER, ENTRY, prepare_scale, row_id
from bench.load import Generator
from bench.report import Verdict
from bench.rounds import Duration, Figures, measure_once, ratio, rotated
from bench.scenarios import Request
from bench.servers import Kind, Server

SMALL, LARGE = 1_000, 1_000_000
KINDS = {SMALL: Kind("small", 18084), LARGE: Kind("large", 18085)}
EFFORT = Duration(rounds=5, busy=0.5, alone=0, warm_up=0.2)


@dataclass(frozen=True)
class Case:
    """A request. `growth` limits the ratio of the two p50s, `database` PostgreSQL's milliseconds at a million rows."""

    title: str
    path: str
    growth: float | None = None
    database: float | None = None


Taken = dict[int, Figures]
"""The figures of a case by number of rows."""


def last_page(path: str, kind: int) -> str:
    """Return the path of a list's last 20 rows by cursor, newest first: after the 21st row from the end."""
    pk = str(row_id(21, kind))
    cursor = base64.urlsafe_b64encode(json.dumps(["id", True, pk, pk]).encode()).decode()
    return f"{path}?limit=20&cursor={cursor}"


FIRST, DEEPEST = "customers by cursor, first page", "customers by cursor, deepest page"
CASES = (
    Case(FIRST, "/api/v1/customers?limit=20&cursor=", growth=1.3),
    Case(DEEPEST, last_page("/api/v1/customers", CUSTOMER), growth=1.3),
    Case("customers, first page with total", "/api/v1/customers?limit=20", growth=3.0),
    Case("active customers by cursor", "/api/v1/customers?limit=20&status=active&cursor=", growth=1.3),
    Case("active customers, first page with total", "/api/v1/customers?limit=20&status=active"),
    Case("customers by name, by cursor", "/api/v1/customers?limit=20&sort_by=name&cursor=", growth=1.3),
    Case("search of 3 letters, rare, by cursor", "/api/v1/customers?search=f0e&limit=20&cursor=", database=20),
    Case("search of 3 letters, rare, with total", "/api/v1/customers?search=f0e&limit=20", database=20),
    Case("search that a seventh matches, by cursor", "/api/v1/customers?search=steel&limit=20&cursor=", database=20),
    Case("search that a seventh matches, with total", "/api/v1/customers?search=steel&limit=20", database=20),
    Case("search that finds one", "/api/v1/customers?search=office777@&limit=20", database=20),
    Case("search of two words, the other way round", "/api/v1/customers?search=steel+muller&limit=20", database=20),
    Case("search of a phone without separators", "/api/v1/customers?search=5550777&limit=20", database=20),
    Case("search that finds nothing", "/api/v1/customers?search=qqqq&limit=20", database=20),
    Case("transactions by cursor, first page", "/api/v1/transactions?limit=20&cursor=", growth=1.3),
    Case("transactions by cursor, deepest page", last_page("/api/v1/transactions", ENTRY), growth=1.3),
    Case("transactions, first page with total", "/api/v1/transactions?limit=20", growth=3.0),
    Case("trial balance, today", "/api/v1/reports/trial-balance"),
    Case("trial balance, in the middle of a month", "/api/v1/reports/trial-balance?as_of=2025-05-15"),
    Case("receivables aging, today", "/api/v1/reports/receivables-aging"),
    Case("receivables aging, a year ago", "/api/v1/reports/receivables-aging?as_of=2025-11-15"),
)


def run() -> str:
    """Measure all cases, and return the section for the results page."""
    with ExitStack() as stack:
        servers = {}
        for rows, kind in KINDS.items():
            print(f"Preparing a database with {rows:,} customers and journal lines.", flush=True)
            servers[rows] = stack.enter_context(Server(kind, prepare_scale(rows)))
        for server in servers.values():
            server.wait_until_ready()
        generator = stack.enter_context(Generator())
        tokens = {rows: server.log_in() for rows, server in servers.items()}
        return section({case: measure(case, servers, tokens, generator) for case in CASES})


def measure(case: Case, servers: dict[int, Server], tokens: dict[int, str], generator: Generator) -> Taken:
    """Measure both servers in turns, with one client."""
    sends = {rows: partial(generator.run, requests=[Request(case.path).raw(token)]) for rows, token in tokens.items()}
    taken = {rows: Figures() for rows in servers}
    for rows, send in sends.items():
        send(servers[rows].port, clients=1, seconds=EFFORT.warm_up)
    for turn in range(EFFORT.rounds):
        for rows in rotated(list(servers), turn):
            measure_once(servers[rows], sends[rows], 1, EFFORT, taken[rows])
    print(row(case, taken), flush=True)
    return taken


def section(found: dict[Case, Taken]) -> str:
    """Return the results as Markdown."""
    by_title = {case.title: taken for case, taken in found.items()}
    depth = ratio(by_title[DEEPEST][LARGE].p50, by_title[FIRST][LARGE].p50)
    return "\n".join(
        [
            INTRODUCTION,
            f"| | p50 ms at {SMALL:,} | p50 ms at {LARGE:,} | growth | database ms at {LARGE:,} | target |",
            "| --- | ---: | ---: | ---: | ---: | --- |",
            *(row(case, taken) for case, taken in found.items()),
            "",
            f"- {Verdict('the deepest page by cursor / the first', depth, 1.2, most=True)}",
            "",
        ]
    )


def row(case: Case, taken: Taken) -> str:
    small, large = taken[SMALL], taken[LARGE]
    growth, database = ratio(large.p50, small.p50), median(large.database)
    targets = []
    if case.growth:
        targets.append(f"growth ≤ {case.growth:g}: {'OK' if growth <= case.growth else '**missed**'}")
    if case.database:
        targets.append(f"database ≤ {case.database:g} ms: {'OK' if database <= case.database else '**missed**'}")
    cells = [case.title, f"{median(small.p50):.2f}", f"{median(large.p50):.2f}", f"{growth:.2f} ×", f"{database:.2f}"]
    return f"| {' | '.join([*cells, ', '.join(targets)])} |"


INTRODUCTION = f"""# Growth

Made by `make bench-scale`: ours over {SMALL:,} customers and journal lines, and over {LARGE:,}, each with a server and
a database of its own. They take turns, {EFFORT.rounds} rounds of {EFFORT.busy:g} s with one client. *Growth* is the
median of the rounds' ratios of p50, *database ms* the processor time of PostgreSQL per request, authentication with it.
"""
