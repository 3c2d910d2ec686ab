"""The parts between the server and Django. `messenger/tests/test_live.py` tests them together."""

import asyncio
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connections
from django.http import HttpResponse, StreamingHttpResponse

from skeleton.kernel.errors import BadRequest
from skeleton.rest.parsers import RERUN_ENVIRON_KEY
from skeleton.server import cycle as request_cycle
from skeleton.server import responses
from skeleton.server.application import Application
from skeleton.server.bodies import Bodies, IncomingBody
from skeleton.server.cycle import RequestCycle
from skeleton.server.limits import MAX_BUFFERED_BODY, Limits
from skeleton.server.responses import SpooledResponse, StreamResponse
from skeleton.server.static import StaticFiles
from skeleton.server.threads import WRITERS, RequestThreads


class Headers(dict[str, Any]):
    """Headers like the server's: lower-case names, which can occur several times."""

    def items(self):
        return [(name, value) for name, values in super().items() for value in values]

    def get(self, name, default=None):
        return super().get(name, [default])[0]


class _Scope:
    """A request as Granian passes it."""

    def __init__(self, method="GET", path="/api/v1/x", **headers):
        self.method, self.path, self.query_string, self.scheme, self.authority = method, path, "a=1", "http", None
        self.server, self.client = "127.0.0.1:8080", "[::1]:54321"
        named = {name.replace("__", "_").replace("_", "-"): value for name, value in headers.items()}
        self.headers = Headers({name: value if isinstance(value, list) else [value] for name, value in named.items()})


Scope: Any = _Scope
"""Stands in for the server's own, which is made in Rust."""

STALLS = b"stalls"
"""A chunk that does not come."""


class _Proto:
    """The server's side of one request. Records the response."""

    def __init__(self, *chunks):
        self.chunks, self.sent, self.left = list(chunks), [], asyncio.Event()
        self.answered: Any = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.chunks:
            raise StopAsyncIteration
        chunk = self.chunks.pop(0)
        if chunk is STALLS:
            await asyncio.sleep(60)
        return chunk

    def response_bytes(self, status, headers, body):
        self.answered = self.answered or (status, dict(headers), body)

    def response_file(self, status, headers, path):
        self.answered = (status, dict(headers), Path(path).read_bytes())

    def response_empty(self, status, headers):
        self.answered = (status, dict(headers), None)

    def response_stream(self, status, headers):
        self.answered = (status, dict(headers), None)
        return self

    def send_bytes(self, data):
        if self.left.is_set():
            raise RuntimeError("the client is gone")
        self.sent.append(data)

    async def client_disconnect(self):
        await self.left.wait()


Proto: Any = _Proto
"""Likewise."""


def responded(handler, scope, *chunks, during=None):
    """Return the recorded response once everything is done."""

    async def story():
        proto = Proto(*chunks)
        application = Application(handler)
        application._threads.start()
        asking = asyncio.ensure_future(application.__rsgi__(scope, proto))
        if during:
            await during(application, proto)
        await asyncio.wait_for(asking, 5)
        await asyncio.sleep(0.05)  # what was to be removed at once
        return proto

    return asyncio.run(story())


def handling(response, seen=None):
    """Return a WSGI application that responds with `response`, and stores the body and the environment in `seen`."""

    def handle(environ, start_response):
        if seen is not None:
            seen.update(environ, runs=seen.get("runs", 0) + 1)
            seen["body"] = environ["wsgi.input"].read()
        made = response() if callable(response) else response
        start_response(f"{made.status_code} {made.reason_phrase}", list(made.items()))
        return made

    return handle


def test_the_environment():
    seen: dict[str, Any] = {}
    scope = Scope("POST", "/äö", content_type="x/y", content_length="4", cookie=["a=1", "b=2"], host="h", accept="*/*")
    scope.headers["x_forwarded_for"] = ["6.6.6.6"]
    proto = responded(handling(HttpResponse(b"ok"), seen), scope, b"bo", b"dy")
    assert proto.answered == (200, {"Content-Type": "text/html; charset=utf-8"}, b"ok")
    assert seen["body"] == b"body"
    assert (seen["REQUEST_METHOD"], seen["QUERY_STRING"], seen["HTTP_HOST"]) == ("POST", "a=1", "h")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/äö"
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"], seen["HTTP_COOKIE"]) == ("x/y", "4", "a=1,b=2")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"], seen["REMOTE_ADDR"]) == ("127.0.0.1", "8080", "::1")
    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_a_query_as_it_was_typed():
    seen: dict[str, Any] = {}
    scope = Scope()
    scope.query_string = "search=Київ"
    responded(handling(HttpResponse(), seen), scope)
    assert seen["QUERY_STRING"].encode("latin-1").decode() == "search=Київ"


def test_a_large_body_is_gathered_on_disk_once_it_is_wanted(settings, tmp_path):
    settings.SKELETON_DATA_DIR = tmp_path
    seen: dict[str, Any] = {}
    chunks = [b"a" * 70_000, b"", b"b" * 70_000]
    proto = responded(handling(HttpResponse(b"ok"), seen), Scope("PUT", content_length="140000"), *chunks)
    assert (proto.answered[0], seen["body"], seen["runs"]) == (200, b"a" * 70_000 + b"b" * 70_000, 2)
    assert seen[RERUN_ENVIRON_KEY]
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_body_that_nobody_wants_is_drained_after_the_answer():
    proto = responded(handling(HttpResponse(b"no", status=403)), Scope("PUT", content_length="900000"), b"a" * 900_000)
    assert proto.answered[::2] == (403, b"no")
    assert proto.chunks == []


def test_draining_ends_with_its_bounds(settings):
    settings.SKELETON_SERVER_LIMITS = {**settings.SKELETON_SERVER_LIMITS, "drain_bytes": 100}
    proto = responded(handling(HttpResponse()), Scope(content_length="900"), *[b"a" * 60] * 15)
    assert len(proto.chunks) == 13


@pytest.mark.parametrize("length", ["x", "-1", "٣", "+5"])
def test_a_length_that_is_none_is_left_to_the_application(length):
    seen: dict[str, Any] = {}
    responded(handling(HttpResponse(), seen), Scope("PUT", content_length=length))
    assert (seen["body"], seen["CONTENT_LENGTH"]) == (b"", length)


def test_a_body_beyond_every_limit_is_refused_unread(settings):
    length = str(10 * settings.SKELETON_UPLOAD_LIMIT)
    proto = responded(handling(HttpResponse(), {}), Scope("PUT", content_length=length))
    assert (proto.answered[0], json.loads(proto.answered[2])["error"]) == (413, "payload_too_large")


def test_a_short_stream_is_sent_from_memory():
    proto = responded(handling(lambda: StreamingHttpResponse(iter([b"a", b"b"]))), Scope())
    assert proto.answered[2] == b"ab"


def test_a_long_stream_is_sent_from_disk(settings, tmp_path, monkeypatch):
    settings.SKELETON_DATA_DIR = tmp_path
    monkeypatch.setattr(request_cycle, "OUTGOING_SECONDS", 0)
    proto = responded(handling(lambda: StreamingHttpResponse(b"x" * 100_000 for _ in range(25))), Scope())
    assert proto.answered[::2] == (200, b"x" * 2_500_000)


def test_what_a_killed_server_left_is_removed(settings, tmp_path):
    settings.SKELETON_DATA_DIR = tmp_path
    left = responses.outgoing_folder() / "left"
    left.write_bytes(b"of a server that was killed")
    os.utime(left, (0, 0))
    spooled = SpooledResponse(iter([b"a", b"b"]))
    assert Path(spooled.path).read_bytes() == b"ab"
    spooled.close()
    assert list(responses.outgoing_folder().iterdir()) == []


def test_a_fault_is_an_answer(capsys):
    def fails(environ, start_response):
        raise RuntimeError("a fault of ours")

    status, headers, body = responded(fails, Scope()).answered
    assert (status, headers["Content-Type"], json.loads(body)["error"]) == (500, "application/json", "internal_error")


def followed(*sent):
    def follow(outlet):
        for data in sent:
            outlet.send(data)

    return lambda: StreamResponse(iter([]), follow, content_type="text/event-stream")


def test_a_stream_ends_with_its_budget(settings):
    settings.SKELETON_STREAM_BYTES = 10
    proto = responded(handling(followed(b"12345", b"67890", b"never")), Scope())
    assert proto.answered == (200, {"Content-Type": "text/event-stream"}, None)
    assert proto.sent == [b"12345", b"67890"]


def test_a_stream_ends_with_its_client():
    async def leave(application, proto):
        await asyncio.sleep(0.1)
        assert len(application._streams) == 1
        proto.left.set()

    proto = responded(handling(followed(b"hello")), Scope(), during=leave)
    assert proto.sent == [b"hello"]


def test_a_stream_ends_with_the_server():
    async def stop(application, proto):
        await asyncio.sleep(0.1)
        application._end_streams()

    assert responded(handling(followed(b"hello")), Scope(), during=stop).sent == [b"hello"]


def test_who_leaves_in_the_middle_of_a_body_is_nobody_s_fault():
    seen: dict[str, Any] = {}
    proto = responded(handling(HttpResponse(), seen), Scope("POST", content_length="5"), b"abc")
    assert (proto.answered[0], seen) == (400, {})  # a client that only stopped sending can read it


def test_health_needs_no_thread():
    proto = Proto()
    asyncio.run(Application(handling(HttpResponse(status=500))).__rsgi__(Scope(path="/health"), proto))
    assert proto.answered[::2] == (200, b'{"status":"ok"}')
    assert {"X-Request-ID", "X-Content-Type-Options"} <= proto.answered[1].keys()


@pytest.mark.parametrize("accept, kind", [("*/*", "application/json"), ("text/html,*/*", "text/html; charset=utf-8")])
def test_what_is_refused_without_django_has_the_shape_of_its_place(accept, kind):
    async def story():
        proto = Proto()
        RequestCycle(Scope(accept=accept, x_request_id="abc"), proto, asyncio.get_running_loop()).refuse(
            BadRequest("<b>")
        )
        return proto.answered

    status, headers, body = asyncio.run(story())
    assert (status, headers["Content-Type"], headers["X-Request-ID"]) == (400, kind, "abc")
    assert b"abc" in body
    assert kind == "application/json" or b"&lt;b&gt;" in body


def limits(**changed):
    return Limits(**{**django_settings.SKELETON_SERVER_LIMITS, **changed})


def stalled(client="10.0.0.1:1", length="100"):
    """A request whose body does not arrive."""
    scope = Scope("POST", content_length=length)
    scope.client = client
    return RequestCycle(scope, Proto(b"a", STALLS), asyncio.get_running_loop())


@pytest.mark.parametrize(
    "length, bounds",
    [("100", {"body_idle_seconds": 0}), ("100", {"body_seconds": 0}), ("2000000", {"body_idle_seconds": 0})],
)
def test_a_body_that_comes_too_slowly_is_refused(length, bounds, settings, tmp_path):
    settings.SKELETON_DATA_DIR = tmp_path

    async def story():
        bodies, cycle = Bodies(limits(**bounds)), stalled(length=length)
        gathering = asyncio.ensure_future(bodies.receive(cycle))
        await asyncio.sleep(0.01)
        bodies.sweep(time.monotonic() + 0.1)
        assert await asyncio.wait_for(gathering, 5) is False
        return cycle.proto.answered

    status, _, body = asyncio.run(story())
    assert (status, json.loads(body)["error"]) == (408, "request_timeout")


def test_a_large_body_has_a_least_rate():
    gathering = IncomingBody.__new__(IncomingBody)
    gathering.started_at, gathering.seen_at, gathering.expected, gathering.received = 0, 20, 10_000_000, 199_999
    assert gathering.is_overdue(20, limits(body_rate=10_000))
    gathering.received = 200_000
    assert not gathering.is_overdue(20, limits(body_rate=10_000))


def test_a_crowd_of_stalled_bodies_makes_room():
    async def story():
        bodies, crowd = Bodies(limits(bodies=3, bodies_per_address=2)), [stalled(f"10.0.0.{n}:1") for n in (1, 2, 2, 2)]
        waiting = []
        for cycle in crowd:
            waiting.append(asyncio.ensure_future(bodies.receive(cycle)))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        answers = [cycle.proto.answered and cycle.proto.answered[0] for cycle in crowd]
        for task in waiting:
            task.cancel()
        return answers

    assert asyncio.run(story()) == [None, 408, None, None]


def test_too_many_large_bodies_are_refused(settings, tmp_path):
    settings.SKELETON_DATA_DIR = tmp_path

    async def story():
        bodies = Bodies(limits(uploads_per_address=1))
        first, second = (stalled(length=str(MAX_BUFFERED_BODY + 1)) for _ in range(2))
        waiting = asyncio.ensure_future(bodies.receive(first))
        await asyncio.sleep(0)
        assert await bodies.receive(second) is False
        waiting.cancel()
        return second.proto.answered

    status, headers, _ = asyncio.run(story())
    assert (status, headers["Retry-After"]) == (503, "5")


class Pool:
    """Threads that run requests until the test lets them finish."""

    def __init__(self, *methods, **bounds):
        self.go = threading.Event()
        self.threads = RequestThreads(self.run, limits(**bounds))
        self.cycles: list[Any] = [
            RequestCycle(Scope(method), Proto(), asyncio.get_running_loop()) for method in methods
        ]
        self.threads.start()
        for cycle in self.cycles:
            self.threads.submit(cycle)

    def run(self, cycle):
        if cycle.writes:
            self.go.wait(10)
        if cycle.claim_response():
            cycle.proto.response_bytes(200, {}, b"")

    async def until(self, condition):
        async def wait():
            while not condition():
                await asyncio.sleep(0.01)

        await asyncio.wait_for(wait(), 10)

    async def answers(self):
        await asyncio.wait_for(asyncio.gather(*(cycle.outcome for cycle in self.cycles)), 10)
        return [cycle.proto.answered[0] for cycle in self.cycles]


def test_writers_leave_a_thread_for_readers():
    async def story():
        pool = Pool(*["POST"] * 12, "GET")
        await asyncio.wait_for(pool.cycles[-1].outcome, 10)
        assert sum(cycle.responded for cycle in pool.cycles) == 1
        pool.go.set()
        assert set(await pool.answers()) == {200}

    asyncio.run(story())


def test_who_waits_for_a_thread_for_too_long_is_refused_and_never_run():
    async def story():
        pool = Pool(*["POST"] * (WRITERS + 2), queue_seconds=5)
        await pool.until(lambda: sum(cycle.started for cycle in pool.cycles) == WRITERS)
        pool.threads.sweep(time.monotonic() + 6, silent=False)
        pool.go.set()
        assert sorted(await pool.answers()) == [200] * WRITERS + [503, 503]
        refused = next(cycle for cycle in pool.cycles if cycle.proto.answered[0] == 503)
        assert refused.proto.answered[1]["Retry-After"] == "2"

    asyncio.run(story())


@pytest.mark.parametrize("silent, after, status", [(False, 31, 503), (True, 2, 503), (False, 2, 200)])
def test_who_runs_for_too_long_is_answered_without_its_thread(silent, after, status):
    async def story():
        pool = Pool("POST", request_seconds=30)
        await pool.until(lambda: pool.cycles[0].started)
        pool.threads.sweep(time.monotonic() + after, silent=silent)
        if status == 503:
            assert await pool.answers() == [503]
        pool.go.set()
        assert await pool.answers() == [status]

    asyncio.run(story())


def test_a_statement_that_runs_for_too_long_is_cut_off(db):
    """The thread becomes free although the database has not responded."""
    outcome = []

    def run(cycle):
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60)")
        except DatabaseError as error:
            outcome.append(error)
        finally:
            connections["default"].close()

    async def story():
        threads = RequestThreads(run, limits(request_seconds=1))
        threads.start()
        cycle: Any = RequestCycle(Scope(), Proto(), asyncio.get_running_loop())
        threads.submit(cycle)
        deadline = time.monotonic() + 20
        while not outcome and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            threads.sweep(time.monotonic(), silent=False)
        return cycle.proto.answered[0]

    assert asyncio.run(story()) == 503
    assert len(outcome) == 1


def test_static_files_are_looked_up_not_opened(tmp_path):
    (tmp_path / "site.0123456789ab.css").write_text("body {}")
    (tmp_path.parent / "secret").write_text("never served")
    files = StaticFiles(tmp_path, "/static/")

    def ask(path, method="GET", **headers):
        async def story():
            cycle: Any = RequestCycle(Scope(method, path, **headers), Proto(), asyncio.get_running_loop())
            files.respond(cycle)
            return cycle.proto.answered

        return asyncio.run(story())

    status, headers, content = ask("/static/site.0123456789ab.css")
    assert (status, content, headers["X-Content-Type-Options"]) == (200, b"body {}", "nosniff")
    assert headers["Cache-Control"].endswith("immutable")
    assert ask("/static/site.0123456789ab.css", if_none_match=headers["ETag"])[0] == 304
    assert ask("/static/../secret")[0] == ask("/static/%2e%2e/secret")[0] == ask("/static/nope")[0] == 404
    assert ask("/static/site.0123456789ab.css", "POST")[0] == 405
