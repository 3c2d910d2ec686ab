"""Uploads for tests: handwritten multipart bodies, so that they can be invalid."""

from typing import Any

from skeleton.testkit.client import Answer, ApiClient

BOUNDARY = "----frontier"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
END = f"--{BOUNDARY}--\r\n".encode()
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """Return a part. The file name is inserted as it is, with quotes escaped as in browsers."""
    named = f'; filename="{filename}"' if filename is not None else ""
    kind = "\r\nContent-Type: application/x-whatever" if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}{kind}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def send(client: ApiClient, *parts: bytes, end: bytes = END, **headers: str) -> Answer:
    return client.call("POST", "/files", b"".join(parts) + end, content_type=CONTENT_TYPE, headers=headers)


def upload(client: ApiClient, content: bytes = b"hello", name: str = "note.txt", purpose: str | None = None) -> Any:
    """Upload a file and return its JSON."""
    more = [part("purpose", purpose.encode())] if purpose is not None else []
    return send(client, part("file", content, name), *more).ok(201)


def body_of(answer: Answer) -> bytes:
    response: Any = answer.response
    return b"".join(response.streaming_content) if response.streaming else response.content
