"""Measures the dashboard at 1,000 and at 1,000,000 invoices, with two servers taking turns."""

import re
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlencode

from bench.database import prepare_dashboard
from bench.load import Generator
from bench.report import Verdict
from bench.rounds import Duration, Figures, measure_once, ratio, rotated
from bench.servers import ADMIN, Kind, Server

SMALL, LARGE = 1_000, 1_000_000
KINDS = {SMALL: Kind("small", 18086), LARGE: Kind("large", 18087)}
EFFORT = Duration(rounds=5, busy=1.5, alone=0, warm_up=1)
MOST = 3.0
"""Maximum ratio of the response times for a thousand times as many invoices."""


def run() -> str:
    """Run the measurements, and return the section for the results page."""
    with ExitStack() as stack:
        servers = {}
        for invoices, kind in KINDS.items():
            print(f"Preparing a database with {invoices:,} invoices.", flush=True)
            servers[invoices] = stack.enter_context(Server(kind, prepare_dashboard(invoices)))
        for server in servers.values():
            server.wait_until_ready()
        generator = stack.enter_context(Generator())
        taken = measure(servers, generator)
    return section(taken)


def measure(servers: dict[int, Server], generator: Generator) -> dict[int, Figures]:
    sends = {n: partial(generator.run, requests=[page(sign_in(server.port))]) for n, server in servers.items()}
    taken = {n: Figures() for n in servers}
    for n, send in sends.items():
        send(servers[n].port, clients=1, seconds=EFFORT.warm_up)
    for turn in range(EFFORT.rounds):
        for n in rotated(list(servers), turn):
            measure_once(servers[n], sends[n], 1, EFFORT, taken[n])
    return taken


def sign_in(port: int) -> str:
    """Sign in to the back office, and return the session cookie."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/admin/login/")
    form = connection.getresponse()
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', form.read())
    assert token, "the sign-in page has no form"
    cookie = (form.getheader("Set-Cookie") or "").partition(";")[0]
    body = {"username": ADMIN["email"], "password": ADMIN["password"], "csrfmiddlewaretoken": token[1].decode()}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", "/admin/login/", urlencode(body), headers)
    answer = connection.getresponse()
    session = [text.partition(";")[0] for name, text in answer.getheaders() if name.lower() == "set-cookie"]
    if answer.status != 302:
        raise SystemExit(f"Signing in to the back office failed with {answer.status}.")
    return "; ".join(session)


def page(cookie: str) -> bytes:
    """Return the request for the dashboard."""
    return f"GET /admin/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def section(taken: dict[int, Figures]) -> str:
    small, large = taken[SMALL], taken[LARGE]
    growth = ratio(large.p50, small.p50)
    return "\n".join(
        [
            INTRODUCTION,
            f"| | p50 ms at {SMALL:,} | p50 ms at {LARGE:,} | growth | database ms at {LARGE:,} |",
            "| --- | ---: | ---: | ---: | ---: |",
            f"| the first page, all of it | {median(small.p50):.1f} | {median(large.p50):.1f} | {growth:.2f} × "
            f"| {median(large.database):.1f} |",
            "",
            f"- {Verdict('the dashboard at 1,000,000 invoices / at 1,000', growth, MOST, most=True)}",
            "",
        ]
    )


INTRODUCTION = f"""# Dashboard

Made by `python -m bench dashboard`: the back office's first page, every block of it, over {SMALL:,} invoices and over
{LARGE:,} (one in fifty open, in three currencies), with journal lines to match.
"""
