"""The way from the server to Django and back, piece by piece; `messenger/tests/test_live.py` tries it as a whole."""

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from skeleton.core import entry
from skeleton.core.entry import Entry, Followed


class Headers(dict):
    """As the server's: lower case, and more than one of a name."""

    def items(self):
        return [(name, value) for name, values in super().items() for value in values]

    def get(self, name, default=None):
        return super().get(name, [default])[0]


class Scope:
    """A request as the server describes it."""

    def __init__(self, method="GET", path="/api/v1/x", **headers):
        self.method, self.path, self.query_string, self.scheme, self.authority = method, path, "a=1", "http", None
        self.server, self.client = "127.0.0.1:8080", "[::1]:54321"
        named = {name.replace("__", "_").replace("_", "-"): value for name, value in headers.items()}
        self.headers = Headers({name: value if isinstance(value, list) else [value] for name, value in named.items()})


class Proto:
    """The server's end of one exchange; what it was told to answer."""

    def __init__(self, *chunks):
        self.chunks, self.answered, self.sent, self.left = list(chunks), None, [], asyncio.Event()

    async def __call__(self):
        return b"".join(self.chunks)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)

    def response_bytes(self, status, headers, body):
        self.answered = self.answered or (status, dict(headers), body)

    def response_file(self, status, headers, path):
        self.answered = (status, dict(headers), Path(path))

    def response_stream(self, status, headers):
        self.answered = (status, dict(headers), None)
        return self

    def send_bytes(self, data):
        if self.left.is_set():
            raise RuntimeError("the client is gone")
        self.sent.append(data)

    async def client_disconnect(self):
        await self.left.wait()


def answered(handler, scope, *chunks, during=None):
    """What the server was told, once everything is done."""

    async def story():
        proto = Proto(*chunks)
        application = Entry(handler)
        threading.Thread(target=application._work, daemon=True).start()
        asking = asyncio.ensure_future(application.__rsgi__(scope, proto))
        if during:
            await during(application, proto)
        await asyncio.wait_for(asking, 5)
        await asyncio.sleep(0.05)  # what was to be removed at once
        return proto

    return asyncio.run(story())


def handling(response, seen=None):
    """A WSGI application that answers with `response`, and keeps the environment that it got."""

    def handle(environ, start_response):
        if seen is not None:
            seen.update(environ, body=environ["wsgi.input"].read())
        made = response() if callable(response) else response
        start_response(f"{made.status_code} {made.reason_phrase}", list(made.items()))
        return made

    return handle


def test_the_environment():
    seen = {}
    scope = Scope("POST", "/äö", content_type="x/y", content_length="4", cookie=["a=1", "b=2"], host="h", accept="*/*")
    scope.headers["x_forwarded_for"] = ["6.6.6.6"]
    proto = answered(handling(HttpResponse(b"ok"), seen), scope, b"bo", b"dy")
    assert proto.answered == (200, {"Content-Type": "text/html; charset=utf-8"}, b"ok")
    assert seen["body"] == b"body"
    assert (seen["REQUEST_METHOD"], seen["QUERY_STRING"], seen["HTTP_HOST"]) == ("POST", "a=1", "h")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/äö"
    assert (seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"], seen["HTTP_COOKIE"]) == ("x/y", "4", "a=1,b=2")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"], seen["REMOTE_ADDR"]) == ("127.0.0.1", "8080", "::1")
    assert "HTTP_X_FORWARDED_FOR" not in seen


@pytest.mark.parametrize("length", ["5000000", "x", "-1", "٣"])
def test_a_large_body_is_read_as_it_is_asked_for(length):
    seen = {}
    chunks = [b"a" * 70_000, b"", b"b" * 70_000]
    answered(handling(HttpResponse(), seen), Scope("PUT", content_length=length), *chunks)
    assert seen["body"] == b"a" * 70_000 + b"b" * 70_000


def test_a_short_stream_is_sent_from_memory():
    proto = answered(handling(lambda: StreamingHttpResponse(iter([b"a", b"b"]))), Scope())
    assert proto.answered[2] == b"ab"


def test_a_long_stream_is_sent_from_disk(settings, tmp_path, monkeypatch):
    settings.SKELETON_DATA_DIR = tmp_path
    monkeypatch.setattr(entry, "SENDING_SECONDS", 0.2)
    left = tmp_path / "outgoing" / "left"
    proto = answered(handling(lambda: StreamingHttpResponse(b"x" * 100_000 for _ in range(25))), Scope())
    status, _, path = proto.answered
    assert (status, path.read_bytes()) == (200, b"x" * 2_500_000)
    left.write_bytes(b"of a server that was killed")
    os.utime(left, (0, 0))
    assert entry.outgoing() == left.parent
    assert not left.exists()


def test_a_fault_is_an_answer(capsys):
    def fails(environ, start_response):
        raise RuntimeError("a fault of ours")

    status, headers, body = answered(fails, Scope()).answered
    assert (status, headers["Content-Type"], json.loads(body)["error"]) == (500, "application/json", "internal_error")


def followed(*sent):
    def follow(outlet):
        for data in sent:
            outlet.send(data)

    return lambda: Followed(iter([]), follow, content_type="text/event-stream")


def test_a_stream_ends_with_its_budget(settings):
    settings.SKELETON_STREAM_BYTES = 10
    proto = answered(handling(followed(b"12345", b"67890", b"never")), Scope())
    assert proto.answered == (200, {"Content-Type": "text/event-stream"}, None)
    assert proto.sent == [b"12345", b"67890"]


def test_a_stream_ends_with_its_client():
    async def leave(application, proto):
        await asyncio.sleep(0.1)
        assert len(application._outlets) == 1
        proto.left.set()

    proto = answered(handling(followed(b"hello")), Scope(), during=leave)
    assert proto.sent == [b"hello"]


def test_a_stream_ends_with_the_server():
    async def stop(application, proto):
        await asyncio.sleep(0.1)
        application._end_streams()

    assert answered(handling(followed(b"hello")), Scope(), during=stop).sent == [b"hello"]


def test_who_leaves_in_the_middle_of_a_body_is_nobody_s_fault():
    class Gone(Proto):
        async def __call__(self):
            raise RuntimeError("stream closed")

    async def story():
        await Entry(handling(HttpResponse())).__rsgi__(Scope("POST", content_length="5"), Gone())

    asyncio.run(story())
