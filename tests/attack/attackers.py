"""Attackers: many raw connections to a server."""

import asyncio
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Attacker:
    """A connection. `answer` is the data read from it, `ended` whether the server has closed it."""

    sock: socket.socket
    answer: bytes = b""
    ended: bool = False

    @property
    def status(self):
        """Return the status of the response, or "closed" or "silent" if there is none."""
        if self.answer.startswith(b"HTTP/1."):
            return int(self.answer.split(None, 2)[1])
        return "closed" if self.ended else "silent"

    @property
    def fields(self):
        lines = self.answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def whole(self):
        """Return whether the response is complete."""
        top, found, body = self.answer.partition(b"\r\n\r\n")
        return bool(found) and len(body) >= int(self.fields.get("content-length", 0))


class Attackers:
    """Raw connections, run by a separate thread. Idle ones cost nothing."""

    def __init__(self, port):
        self.port, self.all = port, []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="attackers", daemon=True)
        self._thread.start()

    def open(self, count, payload=b"", *, addresses=1, port=None, receive_buffer=None):
        """Open connections from `addresses` addresses that send `payload` (bytes, or a function of the number)."""
        return self._run(self._open_all(count, payload, addresses, port or self.port, receive_buffer))

    def send(self, attackers, data):
        """Send `data` on each connection, as far as the server reads it."""
        self._run(self._gather(self._send(one, data) for one in attackers))

    def trickle(self, attackers, data, *, seconds, pause=1.0):
        """Send `data` on each connection repeatedly."""
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            self.send(attackers, data)
            time.sleep(pause)

    def read_slowly(self, attackers, *, seconds, pause=1.0):
        """Read one byte from each connection repeatedly."""
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            self._run(self._gather(self._receive(one, 1, 0.05) for one in attackers))
            time.sleep(pause)

    def statuses(self, attackers, *, seconds):
        """Return the number of responses by status after at most `seconds`."""
        self._run(self._gather(self._answered(one, seconds) for one in attackers))
        return Counter(one.status for one in attackers)

    def ended(self, attackers, *, seconds):
        """Return how many connections the server has closed after at most `seconds`."""
        self._run(self._gather(self._closed(one, seconds) for one in attackers))
        return sum(one.ended for one in attackers)

    def abort(self, attackers, *, reset):
        """Close the connections, normally or with RST."""
        for one in attackers:
            if reset:
                one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.sock.close()
            self.all.remove(one)

    def close(self):
        for one in self.all:
            one.sock.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _gather(self, work):
        return await asyncio.gather(*work)

    async def _open_all(self, count, payload, addresses, port, receive_buffer):
        at_once = asyncio.Semaphore(50)

        async def one(number):
            async with at_once:
                data = payload if isinstance(payload, bytes) else payload(number)
                return await self._open(address_of(number % addresses), port, data, receive_buffer)

        opened = [found for found in await asyncio.gather(*(one(number) for number in range(count))) if found]
        self.all += opened
        return opened

    async def _open(self, address, port, data, receive_buffer):
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        attacker = Attacker(sock)
        try:
            sock.bind((address, 0))
            async with asyncio.timeout(3):
                await self._loop.sock_connect(sock, ("127.0.0.1", port))
        except (OSError, TimeoutError):
            sock.close()
            return None
        await self._send(attacker, data)
        return attacker

    async def _send(self, attacker, data):
        try:
            async with asyncio.timeout(3):
                await self._loop.sock_sendall(attacker.sock, data)
        except OSError:
            attacker.ended = True
        except TimeoutError:
            pass  # the server does not read

    async def _receive(self, attacker, size, seconds):
        """Return whether data was received."""
        if attacker.ended or seconds <= 0:
            return False
        try:
            async with asyncio.timeout(seconds):
                data = await self._loop.sock_recv(attacker.sock, size)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        attacker.answer += data
        attacker.ended = not data
        return bool(data)

    async def _answered(self, attacker, seconds):
        ending = time.monotonic() + seconds
        while not attacker.whole and await self._receive(attacker, 65536, ending - time.monotonic()):
            pass

    async def _closed(self, attacker, seconds):
        ending = time.monotonic() + seconds
        while await self._receive(attacker, 65536, ending - time.monotonic()):
            pass


def address_of(number):
    """Return the address of an attacker, in 127.1.0.0/16. Honest clients use 127.0.0.1."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


@contextmanager
def attackers_of(port):
    attackers = Attackers(port)
    try:
        yield attackers
    finally:
        attackers.close()
