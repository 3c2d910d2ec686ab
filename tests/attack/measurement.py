"""Honest clients, run in a separate process (`honest`), and what they measure."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass

from skeleton.embedded_postgres.client import PROJECT
from skeleton.testkit.narrowing import present


@dataclass(slots=True)
class Kind:
    """A kind of honest request, and its rate."""

    name: str
    request: str
    port: int
    pause: float
    address: str = "127.0.0.1"
    clients: int = 1
    kept: bool = False
    steady: bool = False

    def described(self):
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Record:
    """An honest request and its response. Status 0 means that there was none."""

    kind: str
    started: float
    seconds: float
    status: int
    retry_after: str
    said: str

    @property
    def served(self):
        return 200 <= self.status < 400


class HonestClients:
    """Honest clients that send requests from `start` to `stop`, which returns a Measurement."""

    def __init__(self, kinds):
        self.kinds = kinds

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.honest"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stdin = present(self.process.stdin)
        stdin.write(json.dumps([kind.described() for kind in self.kinds]) + "\n")
        stdin.flush()

    def stop(self):
        said, _ = self.process.communicate(timeout=60)
        return Measurement([Record(*json.loads(line)) for line in said.splitlines()])


@dataclass(slots=True)
class Measurement:
    """The results of the honest clients."""

    records: list[Record]

    def of(self, *kinds):
        return [one for one in self.records if one.kind in kinds]

    def percentile(self, kind, share):
        taken = sorted(one.seconds for one in self.of(kind))
        return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else float("inf")

    @property
    def kinds(self):
        return sorted({one.kind for one in self.records})

    def served_share(self):
        asked = [one for one in self.records if one.kind not in ("health", "bare")]
        return sum(one.served for one in asked) / len(asked) if asked else 0.0

    def figures(self):
        """Yield a line of figures per kind."""
        for kind in self.kinds:
            found = self.of(kind)
            counted = ", ".join(f"{n} × {status}" for status, n in sorted(Counter(r.status for r in found).items()))
            median, last, longest = (1000 * self.percentile(kind, share) for share in (0.5, 0.99, 1))
            yield f"{kind:9} p50 {median:7.1f}  p99 {last:7.1f}  most {longest:7.1f} ms   {counted}"


@contextmanager
def honest_clients(kinds):
    """Run honest clients during the block. Yield a list that contains their Measurement afterwards."""
    clients, measured = HonestClients(kinds), list[Measurement]()
    clients.start()
    try:
        yield measured
    finally:
        measured.append(clients.stop())
