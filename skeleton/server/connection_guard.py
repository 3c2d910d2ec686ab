"""Limits connections per client network, below HTTP. Granian limits only their total number.

This works on Linux only, where a process can list its descriptors. Elsewhere only Granian's own limits apply: the
number of connections per process and the time for a request's headers.
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
from skeleton.server.sockets import shut_down

log = structlog.get_logger("skeleton.server")

DESCRIPTORS = Path("/proc/self/fd")
TCP_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)


class ConnectionGuard:
    """Ends the connections of networks that have too many, and of clients that stopped reading.

    Behind a proxy (`by_address=False`) connections are not counted, because they all come from the proxy. A client has
    stopped reading when it has taken nothing for `Limits.stalled_reader_seconds`. The kernel then ends the connection
    (TCP_USER_TIMEOUT).
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
        """Close excess connections. Nothing is counted while there are too few for any network to exceed its limit."""
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
                shut_down(descriptor)

    def _by_network(self, descriptors: list[int]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for descriptor in descriptors:
            with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
                if own.family in _INTERNET and own.getsockname()[1] == self._port:
                    found[network_of(own.getpeername()[0])].append(descriptor)
        return found

    def _limit_stalled_readers(self, descriptor: int) -> bool:
        """Set the timeout if `descriptor` is the listening socket, and return whether it is. Connections inherit it."""
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
            listening = own.family in _INTERNET and own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listening and own.getsockname()[1] == self._port:
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._limits.stalled_reader_seconds * 1000)
                return True
        return False


_INTERNET = (socket.AF_INET, socket.AF_INET6)
