"""Clients that send a large body as most do: all of it first, and only then they look for an answer."""

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.attack.payloads import LARGE

PIECE = memoryview(b"x" * 65536)
SECONDS = 20


class Answers:
    """What comes back on a connection, answer by answer."""

    def __init__(self, sock):
        self._file = sock.makefile("rb")

    def next(self):
        """The status of the next one, read with its body; words where there is none."""
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
    """The status that the client gets; words where there is none."""
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
            pass  # the server has closed: its answer may be here nevertheless
        return answers.next()


def send_body(sock, size, chunked):
    for start in range(0, size, len(PIECE)):
        piece = PIECE[: size - start]
        sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
    if chunked:
        sock.sendall(b"0\r\n\r\n")


def send_many(count, at_once, *args, **options):
    """So many, counted by status."""
    with ThreadPoolExecutor(at_once) as pool:
        return Counter(found.result() for found in [pool.submit(send_large, *args, **options) for _ in range(count)])
