"""Measures the overhead of a login on top of Argon2 itself."""

import json
import time
from dataclasses import dataclass
from statistics import median

from argon2 import PasswordHasher

from bench.load import Generator
from bench.measure import cpu_seconds
from bench.report import Verdict
from bench.rounds import Duration
from bench.scenarios import Request
from bench.servers import ADMIN, OURS, Server, Servers

ALLOWED = 5.0
"""Maximum milliseconds on top of Argon2."""

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The parameters recommended by OWASP. Ours must be at least as strong."""

LOGIN = Request("/api/v1/auth/login", "POST", json.dumps(ADMIN).encode())


@dataclass(frozen=True)
class Login:
    """Milliseconds per round: the server's processor time, and the time measured by a client."""

    argon2_cpu: list[float]
    argon2: list[float]
    cpu: list[float]
    p50: list[float]

    def verdicts(self) -> list[Verdict]:
        over = median(a - b for a, b in zip(self.cpu, self.argon2_cpu, strict=True))
        return [Verdict("CPU on top of Argon2's", over, ALLOWED, most=True, unit="ms")]

    def table(self) -> str:
        return "\n".join(
            [
                "## Login",
                "",
                "| | CPU ms | alone p50 |",
                "| --- | ---: | ---: |",
                f"| Argon2 | {median(self.argon2_cpu):.1f} | {median(self.argon2):.1f} |",
                f"| ours | {median(self.cpu):.1f} | {median(self.p50):.1f} |",
                "",
                *(f"- {verdict}" for verdict in self.verdicts()),
                "",
            ]
        )


def measure(servers: Servers, generator: Generator, effort: Duration) -> Login:
    """Measure a client that logs in, and Argon2 alone, in turns."""
    found = Login([], [], [], [])
    seconds = max(effort.busy, 0.8)
    for _ in range(effort.rounds):
        verify_alone(found, seconds)
        log_in_again(servers[OURS], generator, found, seconds)
    return found


def verify_alone(found: Login, seconds: float) -> None:
    known = HASHER.hash(ADMIN["password"])
    taken = []
    until = time.perf_counter() + seconds
    cpu = time.process_time()
    while time.perf_counter() < until:
        begun = time.perf_counter()
        HASHER.verify(known, ADMIN["password"])
        taken.append((time.perf_counter() - begun) * 1000)
    found.argon2_cpu.append((time.process_time() - cpu) / len(taken) * 1000)
    found.argon2.append(median(taken))


def log_in_again(server: Server, generator: Generator, found: Login, seconds: float) -> None:
    before = cpu_seconds(server.pid)
    outcome = generator.run(server.port, [LOGIN.raw("")], clients=1, seconds=seconds)
    found.cpu.append((cpu_seconds(server.pid) - before) / outcome.requests * 1000)
    found.p50.append(outcome.p50)
