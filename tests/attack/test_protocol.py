"""Invalid HTTP is refused or the connection closed, without a 500, and the server keeps running."""

import pytest

from tests.attack import payloads
from tests.attack.toolkit import FULL

SECONDS = 5 if FULL else 3
FEW = 5


def post(*fields, body=b"", path="/api/v1/customers"):
    return payloads.head("POST", path, payloads.JSON, *fields) + body


def get(path, version="HTTP/1.1", host="Host: 127.0.0.1"):
    return f"GET {path} {version}\r\n{host}\r\n\r\n".encode("latin-1")


JUNK = {
    "pipelined": payloads.head("GET", "/health") * 50 + payloads.head("GET", "/api/v1/customers") * 50,
    "pipelined after a body": post("Content-Length: 2", body=b"{}") * 20,
    "smuggled": post("Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"),
    "chunked twice": post("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "unknown transfer coding": post("Transfer-Encoding: gzip", body=b"0\r\n\r\n"),
    "chunk of no size": post("Transfer-Encoding: chunked", body=b"zz\r\nabc\r\n0\r\n\r\n"),
    "chunk of great size": post("Transfer-Encoding: chunked", body=b"ffffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    "chunk extension": post("Transfer-Encoding: chunked", body=b"2;" + b"a=b;" * 20_000 + b"\r\n{}\r\n0\r\n\r\n"),
    "trailers": post("Transfer-Encoding: chunked", body=b"0\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n"),
    "negative length": post("Content-Length: -1", body=b"{}"),
    "length with a sign": post("Content-Length: +5", body=b"{}   "),
    "length with digits of another script": post("Content-Length: \u0665".encode().decode("latin-1"), body=b"{}   "),
    "two lengths": post("Content-Length: 2", "Content-Length: 5", body=b"{}   "),
    "a list of lengths": post("Content-Length: 2, 5", body=b"{}   "),
    "great length": post("Content-Length: 99999999999999999999999999", body=b"{}"),
    "length of 2^63": post("Content-Length: 9223372036854775807", body=b"{}"),
    "no length": post("Content-Length:", body=b"{}"),
    "huge header": payloads.head("GET", "/health", "X-Huge: " + "a" * 1_000_000),
    "many headers": payloads.head("GET", "/health", *(f"X-{number}: a" for number in range(5_000))),
    "some headers": payloads.head("GET", "/api/v1/customers", *(f"X-{number}: a" for number in range(90))),
    "huge target": get("/api/v1/customers?q=" + "a" * 500_000),
    "long target": get("/api/v1/customers?q=" + "a" * 30_000),
    "folded header": b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n c\r\n\r\n",
    "header without a name": payloads.head("GET", "/health", ": a"),
    "space before the colon": payloads.head("GET", "/health", "X-A : a"),
    "NUL in a header": payloads.head("GET", "/api/v1/customers", "X-A: a\x00b"),
    "bytes beyond ASCII in a header": payloads.head("GET", "/api/v1/customers", "Authorization: Bearer \u00ff\u00fe")
    .decode()
    .encode("latin-1"),
    "NUL in the path": get("/api/v1/\x00"),
    "NUL in the path, encoded": get("/api/v1/customers/%00"),
    "NUL in the query": get("/api/v1/customers?search=%00"),
    "no UTF-8 in the path": get("/api/v1/customers/%ff%fe"),
    "no UTF-8 in the path, raw": get("/api/v1/customers/\xff\xfe"),
    "no UTF-8 in the query": get("/api/v1/customers?search=%ff%fe"),
    "path to the parent": get("/static/../../../../etc/passwd"),
    "path to the parent, encoded": get("/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
    "NUL in a static path": get("/static/a%00b"),
    "long static path": get("/static/" + "a" * 5_000),
    "absolute target": get("http://127.0.0.1/health"),
    "absolute target elsewhere": get("http://evil.example/api/v1/customers"),
    "target without a slash": get("health"),
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "asterisk for GET": get("*"),
    "tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
    "trace": b"TRACE /api/v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "method of one's own": b"BREW /api/v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "long method": b"A" * 10_000 + b" /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "no host": b"GET /api/v1/customers HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "host of junk": get("/admin/login/", host="Host: [::::1"),
    "empty host": get("/admin/login/", host="Host:"),
    "HTTP/1.0": get("/health", "HTTP/1.0"),
    "HTTP/1.0 without a host": b"GET /api/v1/customers HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with a body": b"POST /api/v1/customers HTTP/1.0\r\nContent-Type: application/json\r\n\r\n{}",
    "HTTP/0.9": b"GET /health\r\n",
    "HTTP/2 by hand": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "HTTP/9.9": get("/health", "HTTP/9.9"),
    "upgrade to WebSocket": payloads.head(
        "GET",
        "/api/v1/messenger/events",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ),
    "upgrade to HTTP/2": payloads.head(
        "GET", "/health", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"
    ),
    "TLS": bytes.fromhex("160301020001000001fc0303") + bytes(500),
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "empty lines": b"\r\n" * 1_000,
    "noise": bytes(range(256)) * 40,
    "bare line feeds": b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n",
    "many ranges": payloads.head("GET", "/static/backoffice/icon.svg", "Range: bytes=" + ",".join(["0-1"] * 2_000)),
    "unknown expectation": post("Expect: miracles", "Content-Length: 2", body=b"{}"),
    "body on GET": payloads.head("GET", "/api/v1/customers", "Content-Length: 5") + b"hello",
    "body on HEAD": payloads.head("HEAD", "/health", "Content-Length: 5") + b"hello",
    "compressed body": post("Content-Encoding: gzip", "Content-Length: 2", body=b"{}"),
    "cookie of 60 kB": payloads.head("GET", "/admin/login/", "Cookie: " + "a=b; " * 12_000),
    "language of 60 kB": payloads.head("GET", "/admin/login/", "Accept-Language: " + "de," * 20_000),
}
SILENT = {"empty lines", "unknown expectation", "negative length"}
"""Cases in which the server may wait for more, until the header timeout."""
OWN = {501, 505}
"""HTTP's statuses for unknown methods and versions."""


def violation(name, one):
    status = one.status
    if isinstance(status, int):
        return "" if status < 500 or status in OWN else f"{name}: {status} {one.answer[-200:]}"
    return f"{name}: {status}" if status == "silent" and name not in SILENT else ""


def test_junk(target):
    """Send each kind of junk a few times."""

    def attack(attackers):
        sent = {name: attackers.open(FEW if FULL else 2, data) for name, data in JUNK.items()}
        attackers.statuses([one for some in sent.values() for one in some], seconds=SECONDS)
        wrong = [found for name, some in sent.items() for one in some[:1] if (found := violation(name, one))]
        assert not wrong, "; ".join(wrong)

    target.assert_withstands(attack, served=0.9)


@pytest.mark.parametrize("signed_in", [False, True], ids=["anonymous", "signed in"])
def test_ambiguous_lengths_are_no_two_requests(target, signed_in):
    """A request with two or contradictory lengths is refused, or handled as one request and the connection closed."""
    fields = [payloads.bearer(target.accounts.token)] if signed_in else []
    hidden = payloads.head("GET", "/health")
    ambiguous = [
        post("Content-Length: 5", "Transfer-Encoding: chunked", *fields, body=b"0\r\n\r\n" + hidden),
        post("Content-Length: 0", "Content-Length: 60", *fields, body=hidden),
        post("Transfer-Encoding: x", "Content-Length: 0", *fields, body=hidden),
    ]

    def attack(attackers):
        opened = [one for data in ambiguous for one in attackers.open(1, data)]
        attackers.ended(opened, seconds=2)
        for one in opened:
            assert b'{"status":"ok"}' not in one.answer.replace(b" ", b""), one.answer

    target.assert_withstands(attack, served=0.9)
