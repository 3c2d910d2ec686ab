"""Keeps connections within bounds, below HTTP: Granian counts them, but does not ask whose they are.

Linux only, where a process can list its descriptors. Elsewhere Granian's own bounds hold: so many connections a
process, and 30 seconds for the head of a request.
"""

import os
import socket
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from time import sleep

import structlog

from skeleton.rest.addresses import network_of
from skeleton.server.limits import Limits
from skeleton.server.sockets import shut

log = structlog.get_logger("skeleton.server")

DESCRIPTORS = Path("/proc/self/fd")
TCP_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)


class ConnectionGuard:
    """Ends connections of whoever has more than their share, and those whose reader has stalled.

    The share is not looked at behind a proxy (`by_address=False`), whose connections they all are. A reader has stalled
    when it has taken nothing for `Limits.stalled_reader` seconds; the kernel ends its connection (TCP_USER_TIMEOUT).
    """

    def __init__(self, port: int, limits: Limits, *, by_address: bool) -> None:
        self._port, self._limits, self._by_address = port, limits, by_address
        self._listening = False

    def start(self) -> None:
        if DESCRIPTORS.is_dir() and TCP_USER_TIMEOUT is not None:
            threading.Thread(target=self._work, name="connection-guard", daemon=True).start()

    def _work(self) -> None:
        while True:
            sleep(1)
            self.check()

    def check(self) -> None:
        """Look at all descriptors, but only where there are enough for somebody to have too many."""
        descriptors = [int(entry.name) for entry in DESCRIPTORS.iterdir()]
        if not self._listening:
            self._listening = any(self._limit_stalled_readers(descriptor) for descriptor in descriptors)
        if not self._by_address or len(descriptors) <= self._limits.connections_per_address:
            return
        for network, theirs in self._by_network(descriptors).items():
            excess = theirs[self._limits.connections_per_address :]
            if excess:
                log.warning("too_many_connections", network=network, ended=len(excess))
            for descriptor in excess:
                shut(descriptor)

    def _by_network(self, descriptors: list[int]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for descriptor in descriptors:
            with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
                if own.family in _INTERNET and own.getsockname()[1] == self._port:
                    found[network_of(own.getpeername()[0])].append(descriptor)
        return found

    def _limit_stalled_readers(self, descriptor: int) -> bool:
        """Set the timeout on the listening socket, whose connections inherit it. True where `descriptor` is that."""
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
            listening = own.family in _INTERNET and own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listening and own.getsockname()[1] == self._port:
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._limits.stalled_reader_seconds * 1000)
                return True
        return False


_INTERNET = (socket.AF_INET, socket.AF_INET6)
