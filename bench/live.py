"""Measures the messenger: the time from POST to arrival, the memory of a stream, and messages per second."""

import json
import time
from dataclasses import dataclass

from bench.database import Database, prepare
from bench.load import Generator, Outcome
from bench.measure import cpu_seconds, memory
from bench.report import environment_text
from bench.servers import Kind, Server
from bench.streams import Listeners

MEMBERS = 40
STREAMS = (100, 1_000)
MESSAGES, PAUSE = 60, 0.1  # number of messages, and the seconds between them
WRITERS, SECONDS = 16, 4.0
CONVERSATIONS = (1, 100)
PASSWORD = "correct horse battery"


class Live(Kind):
    """Our server without rate limits."""

    def environment(self, database: Database) -> dict[str, str]:
        return super().environment(database) | {
            "SKELETON_THROTTLE": "off",
            "SKELETON_REGISTRATION": "open",
            "SKELETON_LOG_LEVEL": "error",
        }


@dataclass(frozen=True)
class Latency:
    """The results for one number of streams: latencies in milliseconds, server memory per stream in kilobytes."""

    streams: int
    heard: int
    p50: float
    p99: float
    kilobytes: float


def run() -> str:
    """Run the measurements, and return the section of the results."""
    database = prepare(1_000)
    with Server(Live("live", 18086), database) as server, Generator() as generator:
        server.wait_until_ready()
        users = ChatUsers(server)
        latencies = [measure_latency(users, streams) for streams in STREAMS]
        rates = [(number, *rate(users, generator, number)) for number in CONVERSATIONS]
    return section(database, latencies, rates)


class ChatUsers:
    """Users who are all members of every conversation created here."""

    def __init__(self, server: Server) -> None:
        self.server, self.chief = server, server.log_in()
        roles = {role["name"]: role["id"] for role in self.request("GET", "/roles")["data"]}
        self.tokens, self.ids = [], []
        for number in range(MEMBERS):
            body = {
                "email": f"live{time.time_ns()}-{number}@example.com",
                "password": PASSWORD,
                "name": f"Live {number}",
            }
            made = self.request("POST", "/auth/register", body)
            self.request("POST", f"/users/{made['user']['id']}/roles", {"role_id": roles["admin"]})
            self.tokens.append(made["access_token"])
            self.ids.append(made["user"]["id"])

    def request(self, method: str, path: str, body: object = None) -> dict:  # type: ignore[type-arg]
        sent = None if body is None else json.dumps(body).encode()
        status, answer = self.server.request(method, f"/api/v1{path}", sent, self.chief)
        if status >= 300:
            raise SystemExit(f"{method} {path} answers {status}: {answer!r}")
        return json.loads(answer)  # type: ignore[no-any-return]

    def group(self) -> str:
        """Create a conversation of all users, and return its path."""
        made = self.request("POST", "/conversations", {"type": "group", "name": "Live", "member_ids": self.ids})
        return f"/conversations/{made['id']}/messages"


def measure_latency(users: ChatUsers, streams: int) -> Latency:
    """Send one message after the other, each to all streams, and return the results."""
    path = users.group()
    before = memory(users.server.pid)
    with Listeners() as listeners:
        listeners.open(users.server.port, users.tokens, streams)
        kilobytes = (memory(users.server.pid) - before) * 1024 / streams
        for _ in range(MESSAGES):
            users.request("POST", path, {"content": str(time.time_ns())})
            time.sleep(PAUSE)
        time.sleep(1)
        taken = listeners.latencies()
    if len(taken) != streams * MESSAGES:
        raise SystemExit(f"{len(taken)} of {streams * MESSAGES} messages arrived.")
    return Latency(streams, len(taken), taken[len(taken) // 2], taken[len(taken) * 99 // 100], kilobytes)


def rate(users: ChatUsers, generator: Generator, conversations: int) -> tuple[Outcome, float]:
    """Send as many messages as possible without streams. Return the outcome and the server's CPU ms per message."""
    body = json.dumps({"content": "Hello!"}).encode()
    requests = [post(users.group(), users.chief, body) for _ in range(conversations)]
    before = cpu_seconds(users.server.pid)
    outcome = generator.run(users.server.port, requests, clients=WRITERS, seconds=SECONDS, status=201)
    return outcome, (cpu_seconds(users.server.pid) - before) / outcome.requests * 1000


def post(path: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


INTRODUCTION = """# Messages, live

Made by `make bench-live` ({environment}).
{members} users in one conversation, two server processes; {messages} messages, one each {pause} s, and how long each
took from its POST to every stream. Clients, server and database share the machine. *kB per stream* is what
the server's processes grew by while the streams were opened. Then {writers} clients write as fast as they can for
{seconds:g} s, into conversations of {all} members, with nobody listening; commits are durable.
"""


def section(database: Database, latencies: list[Latency], rates: list[tuple[int, Outcome, float]]) -> str:
    introduction = INTRODUCTION.format(
        environment=environment_text(database),
        members=MEMBERS,
        messages=MESSAGES,
        pause=PAUSE,
        writers=WRITERS,
        seconds=SECONDS,
        all=MEMBERS + 1,
    )
    lines = [
        introduction,
        "| open streams | messages that arrived | p50 ms | p99 ms | kB per stream |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(f"| {a.streams:,} | {a.heard:,} | {a.p50:.1f} | {a.p99:.1f} | {a.kilobytes:.0f} |" for a in latencies),
        "",
        "| conversations | messages a second | p50 ms | p99 ms | CPU ms each |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(f"| {n} | {o.per_second:.0f} | {o.p50:.1f} | {o.p99:.1f} | {cpu:.2f} |" for n, o, cpu in rates),
        "",
    ]
    return "\n".join(lines)
