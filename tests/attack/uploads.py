"""Clients that send a large body as most do: all of it first, and only then they look for an answer."""

import contextlib
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.attack.payloads import LARGE

PIECE = memoryview(b"x" * 65536)
SECONDS = 20


def send_large(port, head, *, size=LARGE, chunked=False, expect=False):
    """The status that the client gets; words where there is none."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as sock:
        sock.settimeout(SECONDS)
        try:
            sock.sendall(head)
            if expect:
                first = read_answer(sock)
                if first != 100:
                    return first
            for start in range(0, size, len(PIECE)):
                piece = PIECE[: size - start]
                sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                sock.sendall(b"0\r\n\r\n")
        except TimeoutError:
            return "hangs while sending"
        except OSError:
            pass  # the server has closed: its answer may be here nevertheless
        return read_answer(sock)


def read_answer(sock):
    """The status of the next answer, read with its body."""
    data = b""
    with contextlib.suppress(OSError):
        while b"\r\n\r\n" not in data:
            piece = sock.recv(65536)
            if not piece:
                break
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        left = length_of(head) - len(body)
        while left > 0 and (piece := sock.recv(left)):
            left -= len(piece)
    return int(data.split(None, 2)[1]) if data.startswith(b"HTTP/1.") else "no answer"


def length_of(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def send_many(count, at_once, *args, **options):
    """So many, counted by status."""
    with ThreadPoolExecutor(at_once) as pool:
        return Counter(found.result() for found in [pool.submit(send_large, *args, **options) for _ in range(count)])
