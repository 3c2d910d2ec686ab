"""`python -m bench [MODE]`: compare our speed with a hand-written floor, a stock DRF project and FastAPI.

`run` writes its section of bench/RESULTS.md. `quick` prints the same in a fraction of the time. `check` takes a minute
or two, and exits with 1 if a ratio of CPU times misses its target by more than 25 %. `scale` compares our speed at
1,000 rows with that at 1,000,000; `dashboard` does so for the dashboard and as many invoices. Both write their sections
and keep their databases in var/bench-scale (about 2 GB each). `live` measures the messenger, `files` uploads and
downloads, `jobs` the job workers. `compare TREE` compares this code with that in another tree, and exits with 1 if a
scenario takes more than 5 % more CPU time.
"""

import argparse
import signal
import sys
from pathlib import Path

from bench import compare_responses, dashboard, files, jobs, live, login, report, scale, versions
from bench.database import prepare
from bench.load import Generator
from bench.report import Verdict
from bench.rounds import Duration, measure
from bench.scenarios import SCENARIOS, SETTLED
from bench.servers import FLOOR, OURS, PEER, STOCK, Servers

CUSTOMERS = 10_000
SLACK = 1.25
EFFORTS = {
    "run": Duration(rounds=5, busy=1.2, alone=0.6),
    "quick": Duration(rounds=3, busy=0.8, alone=0.3),
    "check": Duration(
        rounds=9, busy=0.3, alone=0, warm_up=0.3
    ),  # many short rounds, so that a busy minute affects all servers equally
}
LOGIN = "login"
SECTIONS = {"scale": scale.run, "dashboard": dashboard.run, "live": live.run, "files": files.run, "jobs": jobs.run}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", nargs="?", choices=[*EFFORTS, *SECTIONS, "compare"], default="run")
    parser.add_argument("tree", nargs="?", type=Path, help="the tree to compare with")
    parser.add_argument("--only", action="append", choices=[*(one.name for one in (*SCENARIOS, SETTLED)), LOGIN])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    if options.mode == "compare":
        return compare_with(parser, options)
    if options.mode in SECTIONS:
        publish(SECTIONS[options.mode]())
        return 0
    missed = compare(options.mode, options.only or default_names(options.mode))
    if options.mode == "check" and missed:
        print("Missed by more than 25 %:", *missed, sep="\n  ", file=sys.stderr)
        return 1
    return 0


def stop(number: int, frame: object) -> None:
    """Exit on SIGTERM as on Ctrl-C, so that the servers are stopped."""
    sys.exit(128 + number)


def compare_with(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Compare this tree with another one, and return the exit code."""
    if not options.tree or not (options.tree / "manage.py").is_file():
        parser.error("name the other tree: a folder with a manage.py")
    slower = versions.run(options.tree.absolute(), options.only or [])
    if slower:
        print("Slower by more than 5 %:", *slower, sep="\n  ", file=sys.stderr)
    return 1 if slower else 0


def default_names(mode: str) -> list[str]:
    """Return the scenarios of a mode. A check omits results that are not CPU time ratios: throughput and logins."""
    if mode == "check":
        return [one.name for one in SCENARIOS if not one.targets.rate]
    return [*(one.name for one in SCENARIOS), LOGIN]


def compare(mode: str, names: list[str]) -> list[str]:
    """Run scenarios against all servers, print each table when it is ready, and return the missed targets."""
    effort, tables = EFFORTS[mode], list[str]()
    missed: list[str] = []

    def keep(table: str, title: str, verdicts: list[Verdict]) -> None:
        print(table, flush=True)
        tables.append(table)
        missed.extend(f"{title}: {verdict}" for verdict in verdicts if verdict.gated and not verdict.holds(SLACK))

    print(f"Preparing a database with {CUSTOMERS:,} customers.", flush=True)
    database = prepare(CUSTOMERS)
    with Servers(database, (FLOOR, OURS, STOCK, PEER)) as servers, Generator() as generator:
        token = servers[OURS].log_in()
        for scenario in SCENARIOS:
            if scenario.name in names:
                compare_responses.check(scenario, servers, token)
                results = measure(scenario, servers, token, generator, effort)
                keep(report.table(scenario, results), scenario.title, report.verdicts(scenario, results))
        if LOGIN in names:
            found = login.measure(servers, generator, effort)
            keep(found.table(), LOGIN, found.verdicts())
    if mode == "run" and len(names) > len(SCENARIOS):
        publish(report.speed(tables, effort, database))
    return missed


def publish(section: str) -> None:
    report.write(section)
    print(f"Written to {report.PAGE}.")


if __name__ == "__main__":
    sys.exit(main())
