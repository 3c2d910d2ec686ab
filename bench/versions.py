"""Compares this tree with another one, such as a worktree of an earlier commit: `make bench-compare OLD=path`.

Each tree's server is started by its own manage.py, over a database of its own (the other's in its `var/bench`) that its
own migrations made, and both databases are filled with the same data. Settings and interpreter are the same. The
servers take turns in many short rounds, so a busy minute of the machine affects both. Job workers are off: their time
is not the server's.
"""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from bench.database import DATA_DIR, prepare
from bench.load import Generator
from bench.report import Verdict
from bench.rounds import Duration, Figures, Results, measure_once, ratio, rotated
from bench.scenarios import SCENARIOS, SETTLED, Scenario
from bench.servers import Kind, Server

NEW, OLD = "new", "old"
CUSTOMERS = 10_000
EFFORT = Duration(rounds=15, busy=0.6, alone=0, warm_up=1)
COMPARED = (*(one for one in SCENARIOS if not one.targets.rate), SETTLED)
SLOWER = 1.05
"""Maximum ratio of the CPU times per request, new to old."""

HEADING = """\
| | old CPU ms | new CPU ms | old database ms | new database ms | result |
| --- | ---: | ---: | ---: | ---: | --- |"""


def run(old: Path, names: list[str]) -> list[str]:
    """Print a row for each scenario, and return those that are more than 5 % slower than in the tree `old`."""
    found = []
    with ExitStack() as stack:
        servers = {
            NEW: started(stack, Kind(NEW, 18088, jobs=0), DATA_DIR),
            OLD: started(stack, Kind(OLD, 18089, tree=old, jobs=0), old / "var" / "bench"),
        }
        tokens = {name: server.log_in() for name, server in servers.items()}
        generator = stack.enter_context(Generator())
        print(HEADING, flush=True)
        for scenario in COMPARED:
            if not names or scenario.name in names:
                results = measure(scenario, servers, tokens, generator)
                verdict = Verdict("new / old", ratio(results[NEW].cpu, results[OLD].cpu), SLOWER, most=True)
                print(row(scenario, results, verdict), flush=True)
                if not verdict.holds():
                    found.append(f"{scenario.title}: {verdict}")
    return found


def started(stack: ExitStack, kind: Kind, home: Path) -> Server:
    """Start the server of a tree over its database, until the stack ends."""
    server = stack.enter_context(Server(kind, prepare(CUSTOMERS, home, kind.tree)))
    server.wait_until_ready()
    return server


def measure(scenario: Scenario, servers: dict[str, Server], tokens: dict[str, str], generator: Generator) -> Results:
    """Measure both servers in turns."""
    requests = scenario.requests(CUSTOMERS)
    sends = {
        name: partial(
            generator.run,
            requests=[request.raw(token) for request in requests],
            then=[request.raw(token) for request in scenario.then],
            status=scenario.status,
        )
        for name, token in tokens.items()
    }
    results = {name: Figures() for name in servers}
    for name, send in sends.items():
        send(servers[name].port, clients=scenario.clients, seconds=EFFORT.warm_up)
    for turn in range(EFFORT.rounds):
        for name in rotated(list(servers), turn):
            measure_once(servers[name], sends[name], scenario.clients, EFFORT, results[name])
    return results


def row(scenario: Scenario, results: Results, verdict: Verdict) -> str:
    old, new = results[OLD], results[NEW]
    cells = [f"{median(figures):.2f}" for figures in (old.cpu, new.cpu, old.database, new.database)]
    return f"| {scenario.title} | {' | '.join(cells)} | {verdict} |"
