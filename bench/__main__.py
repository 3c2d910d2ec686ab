"""`python -m bench [run|quick|check]`: measure ours beside the floor, the stock way and a peer.

`run` writes bench/RESULTS.md. `quick` prints the same in a fraction of the time. `check` is for CI: it ends with 1
where a CPU ratio misses its target by more than 25 %.
"""

import argparse
import sys

from bench import agree, report
from bench.database import Database, prepare
from bench.load import Generator
from bench.rounds import Effort, Results, measure
from bench.scenarios import SCENARIOS, Scenario
from bench.servers import FLOOR, OURS, PEER, STOCK, Servers

CUSTOMERS = 10_000
SLACK = 1.25
EFFORTS = {
    "run": Effort(rounds=7, busy=1.5, alone=0.8),
    "quick": Effort(rounds=3, busy=0.8, alone=0.3),
    "check": Effort(rounds=5, busy=0.6, alone=0),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("mode", nargs="?", choices=EFFORTS, default="run")
    parser.add_argument("--only", action="append", choices=[scenario.name for scenario in SCENARIOS])
    options = parser.parse_args()
    scenarios = [one for one in SCENARIOS if not options.only or one.name in options.only]
    effort = EFFORTS[options.mode]
    print(f"Preparing a database with {CUSTOMERS:,} customers.", flush=True)
    found = compare(prepare(CUSTOMERS), scenarios, effort)
    if options.mode == "run" and not options.only:
        tables = [report.table(scenario, results) for scenario, results in found]
        report.PAGE.write_text(report.page(tables, effort, CUSTOMERS, "make bench"), encoding="utf-8")
        print(f"Written to {report.PAGE}.")
    missed = [
        f"{scenario.title}: {verdict}"
        for scenario, results in found
        for verdict in report.verdicts(scenario, results)
        if not verdict.holds(SLACK)
    ]
    if options.mode == "check" and missed:
        print("Missed by more than 25 %:", *missed, sep="\n  ", file=sys.stderr)
        return 1
    return 0


def compare(database: Database, scenarios: list[Scenario], effort: Effort) -> list[tuple[Scenario, Results]]:
    """Run every scenario against all servers; print each table as soon as it is there."""
    found = []
    with Servers(database, (FLOOR, OURS, STOCK, PEER)) as servers, Generator() as generator:
        token = servers[OURS].log_in()
        for scenario in scenarios:
            agree.check(scenario, servers, token)
            results = measure(scenario, servers, token, generator, effort)
            print(report.table(scenario, results), flush=True)
            found.append((scenario, results))
    return found


if __name__ == "__main__":
    sys.exit(main())
