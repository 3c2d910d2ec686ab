"""Responses sent before the body was read must reach the client, also through a proxy.

If a server closes while a client is still sending, the kernel discards the response. nginx then answers 502 and removes
the server for all clients. RFC 9112, section 9.6 requires to respond, keep reading for a while, and then close.
"""

import socket
import time
from dataclasses import dataclass

import pytest

from tests.attack import payloads
from tests.attack.toolkit import FULL
from tests.attack.uploads import Answers, send_large, send_many

ANONYMOUS, EACH = (25, 5) if FULL else (4, 1)
AT_ONCE = 25 if FULL else 4
DRAINED_SECONDS = 40 if FULL else 8
ENDLESS = 400_000_000
VIA = ["direct", "buffered", "unbuffered"]


@dataclass
class Early:
    """A kind of early response. `expected` lists the valid statuses."""

    name: str
    expected: set[int]
    method: str
    path: str
    fields: tuple[str, ...]
    size: int = payloads.LARGE
    chunked: bool = False

    def head(self, *more):
        length = "Transfer-Encoding: chunked" if self.chunked else f"Content-Length: {self.size}"
        return payloads.head(self.method, self.path, length, *self.fields, *more)


def early_answers(target):
    """Return every kind of early response. A JSON body is refused for its size alone, whoever sends it."""
    token, nobody = payloads.bearer(target.accounts.token), payloads.bearer(target.accounts.nobody())
    eager = payloads.bearer(target.accounts.reader(0))
    form, json = payloads.FORM, payloads.JSON
    files, customers = "/api/v1/files", "/api/v1/customers"
    return [
        Early("401", {401, 413}, "POST", customers, (json,)),
        Early("401, upload", {401}, "POST", files, (form,)),
        Early("401, spoilt token", {401}, "POST", files, (form, payloads.bearer("spoilt"))),
        Early("403", {403, 413}, "POST", customers, (json, nobody)),
        Early("403, upload", {403}, "POST", files, (form, nobody)),
        Early("403, page", {403}, "POST", "/admin/login/", (form,)),
        Early("404", {404, 413}, "POST", "/api/v1/nothing", (json, token)),
        Early("404, outside the API", {404}, "POST", "/nothing", (form,)),
        Early("405", {405, 413}, "PUT", customers, (json, token)),
        Early("405, health", {405, 200}, "POST", "/health", (form,)),
        Early("413", {413}, "POST", customers, (json, token)),
        Early("413, upload", {413}, "POST", files, (form, token), size=60_000_000),
        Early("415", {415, 413}, "POST", files, ("Content-Type: text/plain", token), size=20_000_000),
        Early("429", {429}, "POST", files, (form, eager), size=20_000_000),
        Early("400, no boundary", {400}, "POST", files, ("Content-Type: multipart/form-data", token), size=20_000_000),
        Early("411", {411, 413}, "POST", customers, (json, token), chunked=True),
    ]


def port_of(target, ports, via):
    return target.system.port if via == "direct" else getattr(ports, via)


def use_up_uploads(target):
    """Use up the upload limit, so that the next upload is refused."""
    fields = (payloads.FORM, payloads.bearer(target.accounts.reader(0)))
    head = payloads.large_head("POST", "/api/v1/files", *fields, size=10)
    refused = 0
    for _ in range(400):
        refused = refused + 1 if send_large(target.system.port, head, size=10) == 429 else 0
        if refused == 8:
            return
    raise AssertionError("uploads are not limited")


def post_all(target, port, *more, **options):
    """Send a request of every kind, and return the unexpected results."""
    wrong = []
    for one in early_answers(target):
        if one.name == "429":
            use_up_uploads(target)
        count = ANONYMOUS if one.name == "401, upload" else EACH
        found = send_many(count, AT_ONCE, port, one.head(*more), size=one.size, chunked=one.chunked, **options)
        if not set(found) <= one.expected:
            wrong.append(f"{one.name}: {dict(found)}")
    return wrong


@pytest.mark.parametrize("via", VIA)
def test_large_bodies_get_the_real_status(proxied, via):
    """The sender of an unwanted 25 MB body gets the reason, and no other client gets a 502."""
    target, ports = proxied
    port = port_of(target, ports, via)
    early_answers(target)  # creates the accounts

    def attack(attackers):
        wrong = post_all(target, port)
        assert not wrong, "; ".join(wrong)

    target.assert_withstands(attack, port=port, served=0.9)


@pytest.mark.attack
@pytest.mark.parametrize("via", VIA)
def test_expecting_100_continue(proxied, via):
    """A client that sends `Expect: 100-continue` gets the status at once, or 100 and then the status."""
    target, ports = proxied
    port = port_of(target, ports, via)
    early_answers(target)  # creates the accounts

    def attack(attackers):
        wrong = post_all(target, port, "Expect: 100-continue", expect=True)
        assert not wrong, "; ".join(wrong)

    target.assert_withstands(attack, port=port, served=0.9)


@pytest.mark.attack
@pytest.mark.parametrize("via", VIA)
def test_the_connection_afterwards(proxied, via):
    """The connection is closed or usable for the next request. The body is never parsed as a request."""
    target, ports = proxied
    port = port_of(target, ports, via)
    size = 2_000_000
    for one in (found for found in early_answers(target) if found.size > size and not found.chunked):
        if one.name == "429":
            use_up_uploads(target)
        one.size = size
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            answers = Answers(sock)
            sock.sendall(one.head() + b"x" * size)
            first = answers.next()
            assert isinstance(first, int), f"{one.name}: {first}"
            assert first < 500, f"{one.name}: {first}"
            try:
                sock.sendall(payloads.head("GET", "/health"))
                following = answers.next()
            except OSError:
                following = "no answer"
            assert following in (200, "no answer"), f"{one.name}, afterwards: {following}"


@pytest.mark.attack
def test_a_body_that_never_comes(target):
    """The response arrives at once, and the server waits for the announced body for a limited time only."""

    def attack(attackers):
        opened = attackers.open(24, payloads.large_head("POST", "/api/v1/files", payloads.FORM) + b"x" * 1000)
        statuses = attackers.statuses(opened, seconds=5)
        assert set(statuses) == {401}, f"24 anonymous uploads: {statuses}"
        left = len(opened) - attackers.ended(opened, seconds=DRAINED_SECONDS)
        assert not left, f"{left} of 24 are still open after {DRAINED_SECONDS} s"

    target.assert_withstands(attack, served=0.9)


@pytest.mark.attack
def test_a_body_without_end(target):
    """The amount drained is limited: a sender without end is disconnected."""

    def attack(attackers):
        head = payloads.large_head("POST", "/api/v1/files", payloads.FORM, size=10**12)
        started, sent = time.monotonic(), 0
        with socket.create_connection(("127.0.0.1", target.system.port), 10) as sock:
            sock.sendall(head)
            try:
                while sent < ENDLESS and time.monotonic() - started < DRAINED_SECONDS:
                    sent += sock.send(b"x" * 65536)
            except OSError:
                return
        raise AssertionError(f"{sent} bytes were taken in {time.monotonic() - started:.0f} s")

    target.assert_withstands(attack, served=0.9)
