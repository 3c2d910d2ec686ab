"""Clients that send a large body completely before they read the response, as most clients do."""

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.attack.payloads import LARGE

PIECE = memoryview(b"x" * 65536)
SECONDS = 20


class Answers:
    """Reads the responses on a connection one by one."""

    def __init__(self, sock):
        self._file = sock.makefile("rb")

    def next(self):
        """Read the next response completely, and return its status, or a description if there is none."""
        try:
            status = self._file.readline().split()
            fields = dict(self._fields())
            self._file.read(int(fields.get(b"content-length", 0)))
        except TimeoutError:
            return "hangs"
        except OSError:
            return "no answer"
        return int(status[1]) if len(status) > 1 and status[0].startswith(b"HTTP/1.") else "no answer"

    def _fields(self):
        while line := self._file.readline().strip():
            name, _, value = line.partition(b": ")
            yield name.lower(), value


def send_large(port, head, *, size=LARGE, chunked=False, expect=False):
    """Send a large body, and return the status that the client gets, or a description if there is none."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as sock:
        sock.settimeout(SECONDS)
        answers = Answers(sock)
        try:
            sock.sendall(head)
            if expect and (first := answers.next()) != 100:
                return first
            send_body(sock, size, chunked)
        except TimeoutError:
            return "hangs while sending"
        except OSError:
            pass  # the server has closed, but its response may have arrived
        return answers.next()


def send_body(sock, size, chunked):
    for start in range(0, size, len(PIECE)):
        piece = PIECE[: size - start]
        sock.sendall(b"".join((b"%x\r\n" % len(piece), piece, b"\r\n")) if chunked else piece)
    if chunked:
        sock.sendall(b"0\r\n\r\n")


def send_many(count, at_once, *args, **options):
    """Send `count` large bodies, `at_once` at a time, and return the results by status."""
    with ThreadPoolExecutor(at_once) as pool:
        return Counter(found.result() for found in [pool.submit(send_large, *args, **options) for _ in range(count)])
