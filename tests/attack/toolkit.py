"""A server under attack, and the conditions that it must meet.

An `AttackTarget` is a running server with its accounts. `target.assert_withstands(attack)` runs honest clients
while it calls `attack(attackers)`, and then asserts the conditions that must hold in every attack: see `Verdict`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from skeleton.embedded_postgres.client import PROJECT
from skeleton.testkit.database import OwnDatabase
from skeleton.testkit.narrowing import present
from skeleton.testkit.system import ServerProcess
from tests.attack.accounts import Accounts
from tests.attack.attackers import attackers_of
from tests.attack.footprint import Footprint
from tests.attack.measurement import Kind, Measurement, honest_clients

FULL = os.environ.get("SKELETON_ATTACK") == "full"
"""`make attack`: full numbers and the server's default settings. Otherwise a short version in seconds."""

HEALTH_SECONDS = 0.05
"""The guaranteed 99th percentile of /health."""
QUIET_SECONDS = 0.005
"""If a bare server's 99th percentile is below this, the machine is quiet and the guarantee applies as it is. On a busy
machine, each of a request's HOPS between processes and threads may take as long as the bare server's response."""
HOPS = 3
MEASURED_SECONDS = 8 if FULL else 2.5
"""Minimum duration of the measurement, because a percentile of few values is just their maximum."""
SLACK = 1 if FULL else 6
"""`make unit` runs in parallel with other tests on the same cores."""
TRIES = 3 if FULL else 2
"""Attempts for timings and memory only: a busy machine may fail once, but a slow server fails every time."""
ANSWER_SECONDS = 5
GRACE_SECONDS = 0.5 if FULL else 2
"""Tolerance, because a server that waits for 5 s answers slightly later."""
WARM_ROUNDS = 10 if FULL else 4
SETTLE_SECONDS = 25 if FULL else 15
"""Time for the server to release the resources used by the attack."""
BROKEN_SECONDS = 3
"""The same time if the attack has already succeeded."""


class FlakyFailure(AssertionError):
    """A correct response was late, a percentile was missed, or memory grew. Only these failures are retried.

    The machine may be busy, or a process may have loaded something for the first time. A leak grows again.
    """


@dataclass(slots=True)
class Verdict:
    """The conditions that must hold in every attack."""

    measurement: Measurement
    before: Footprint
    after: Footprint
    served: float
    """Minimum share of honest requests that must be served and not refused."""
    problems: list[str]
    """Problems that the attack itself found."""

    def assert_ok(self):
        """Raise an error with all problems and the figures if a condition is violated."""
        self._answers()
        differences = list(self.after.differences(self.before))
        late = [found for found in (*differences, self._slow_health()) if found.startswith(("memory", "/health"))]
        flaky = [*self._late(), *late]
        self.problems += [found for found in differences if found not in flaky]
        report = "\n".join([*self.problems, *flaky, *self.figures()])
        if self.problems:
            raise AssertionError(report)
        if flaky:
            raise FlakyFailure(report)

    def figures(self):
        yield from self.measurement.figures()
        yield (
            f"served {self.measurement.served_share():.0%}, memory {self.before.memory >> 20} → "
            f"{self.after.memory >> 20} MB, descriptors {self.before.descriptors} → {self.after.descriptors}"
        )

    def _answers(self):
        for one in self.measurement.records:
            problem = violation(one)
            if problem and not is_right(one) and len(self.problems) < 8:
                self.problems.append(problem)

    def _late(self):
        yield from [problem for one in self.measurement.records if is_right(one) and (problem := violation(one))][:8]
        if self.measurement.served_share() < self.served:
            yield f"only {self.measurement.served_share():.0%} of the honest requests were served"

    def _slow_health(self):
        taken, machine = (self.measurement.percentile(kind, 0.99) for kind in ("health", "bare"))
        if taken < HEALTH_SECONDS * SLACK + (HOPS * machine if machine > QUIET_SECONDS else 0):
            return ""
        return f"/health: p99 {1000 * taken:.0f} ms, a bare server {1000 * machine:.0f} ms"


def is_right(record):
    """Return whether the response is valid for an honest client, however late it is."""
    return record.served or (record.status == 503 and record.kind != "health" and record.retry_after.isdecimal())


def violation(record):
    """Return why a response to an honest client is a violation, or ""."""
    name = f"{record.kind} after {record.seconds:.2f} s: {record.status} {record.said}"
    if record.kind == "bare" or (record.served and record.seconds < ANSWER_SECONDS + GRACE_SECONDS):
        return ""
    if record.kind == "health" or record.status != 503:
        return name
    if not record.retry_after.isdecimal():
        return f"{name} without Retry-After"
    return "" if record.seconds < ANSWER_SECONDS + GRACE_SECONDS else name


# --- the target ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class AttackTarget:
    """A server under attack, with its honest clients and a function that records figures."""

    system: ServerProcess
    kinds: list[Kind]
    database: OwnDatabase
    accounts: Accounts
    note: Callable[[str], object]

    def assert_withstands(self, attack, *, served=0.0, port=None):
        """Run `attack(attackers)` alongside honest clients, and assert the conditions of `Verdict`."""
        for left in reversed(range(TRIES)):
            try:
                self._try(attack, served, port)
                return
            except FlakyFailure:
                if not left:
                    raise

    def _try(self, attack, served, port):
        before, seen = self._warm(port), []
        with honest_clients(self._kinds(port)) as measured:
            ending = time.monotonic() + MEASURED_SECONDS
            with attackers_of(self.system.port) as attackers:
                time.sleep(0.5)
                seen += failures_of(attack, attackers)
            time.sleep(max(1, ending - time.monotonic()))
        after = self._settled(before, BROKEN_SECONDS if seen else SETTLE_SECONDS)
        verdict = Verdict(measured[0], before, after, served, seen)
        for line in verdict.figures():
            self.note(line)
        verdict.assert_ok()

    def _kinds(self, port):
        """Return the kinds of requests, sent to `port` (a proxy's) if given, except for those to the bare server."""
        return [
            kind if kind.name == "bare" or port is None else Kind(**(kind.described() | {"port": port}))
            for kind in self.kinds
        ]

    def _warm(self, port):
        """Run honest clients until memory stops growing, so that later growth is caused by the attack."""
        busier = [Kind(**(kind.described() | {"pause": kind.pause / 5})) for kind in self._kinds(port)]
        before = Footprint.of(self.system)
        for _ in range(WARM_ROUNDS):
            with honest_clients(busier):
                time.sleep(1.5)
            now = Footprint.of(self.system)
            if now.memory < before.memory * 1.01:
                break
            before = now
        time.sleep(0.3)
        return Footprint.of(self.system)

    def _settled(self, before, seconds):
        """Return the footprint once it equals `before`, or after `seconds`."""
        ending = time.monotonic() + seconds
        while True:
            after = Footprint.of(self.system)
            if time.monotonic() > ending or not list(after.differences(before)):
                return after
            time.sleep(0.5)


def failures_of(attack, attackers):
    """Run the attack, and return its failed assertion, so that the verdict reports it with the rest."""
    try:
        attack(attackers)
    except AssertionError as wrong:
        return [str(wrong)]
    return []


@contextmanager
def bare_server():
    """Run a bare server for comparison, and yield its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.attack.bare"], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    stdout = present(process.stdout)
    try:
        yield int(stdout.readline())
    finally:
        process.kill()
        process.wait()
        stdout.close()
