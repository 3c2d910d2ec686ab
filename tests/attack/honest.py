"""The honest clients: a process that sends requests at a steady rate and records each response.

`python -m tests.attack.honest` reads a JSON description from its first line of input and sends requests until its input
ends. Then it prints a JSON list per request: kind, start, seconds, status, Retry-After, and the start of an unexpected
response. It is a separate process, so that attackers and tests do not distort the measurements.
"""

import asyncio
import contextlib
import gc
import json
import sys
import time
from typing import Any

GIVE_UP_SECONDS = 20
"""A request without a response after this time is recorded with status 0."""
MOST_OPEN = 400
"""Maximum number of pending requests of a steady kind, so that a hanging server does not exhaust this process."""


class PersistentClient:
    """A persistent connection, like a browser's."""

    def __init__(self, kind):
        self.kind = kind
        self.reader: Any = None
        self.writer: Any = None

    async def ask(self):
        if self.writer is None:
            self.reader, self.writer = await connect(self.kind)
        try:
            self.writer.write(self.kind["request"].encode())
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(fields_of(head).get("content-length", 0))
            return head, await self.reader.readexactly(length)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class FreshClient:
    """A new connection for each request."""

    def __init__(self, kind):
        self.kind = kind

    async def ask(self):
        reader, writer = await connect(self.kind)
        try:
            writer.write(self.kind["request"].encode())
            head = await reader.readuntil(b"\r\n\r\n")
            return head, await reader.read(-1)
        finally:
            writer.close()

    def close(self):
        """Do nothing: no connection stays open."""


async def connect(kind):
    return await asyncio.open_connection("127.0.0.1", kind["port"], local_addr=(kind["address"], 0), limit=2**20)


def fields_of(head):
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


async def noted(kind, client, records):
    """Send a request and record its outcome, including failures."""
    started = time.monotonic()
    status, retry_after, said = 0, "", ""
    try:
        async with asyncio.timeout(GIVE_UP_SECONDS):
            head, body = await client.ask()
        status = int(head.split()[1])
        retry_after = fields_of(head).get("retry-after", "")
        if status >= 400:
            said = " ".join(body.decode("latin-1").split())[:120]
    except TimeoutError:
        said = "no answer"
        client.close()
    except (OSError, EOFError, ValueError, IndexError) as gone:
        said = repr(gone)
    records.append((kind["name"], started, time.monotonic() - started, status, retry_after, said))


async def one_after_the_other(kind, records):
    """Send requests one after the other, each after the previous response."""
    client = (PersistentClient if kind["kept"] else FreshClient)(kind)
    while True:
        await noted(kind, client, records)
        await asyncio.sleep(kind["pause"])


async def steadily(kind, records):
    """Send requests at a fixed rate without waiting for responses, so that a hang of a second delays 50 of them."""
    tasks: set[asyncio.Task[None]] = set()
    following = time.monotonic()
    while True:
        following = max(following + kind["pause"], time.monotonic() - 1)
        await asyncio.sleep(max(0, following - time.monotonic()))
        if len(tasks) < MOST_OPEN:
            task = asyncio.create_task(noted(kind, FreshClient(kind), records))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


async def until_input_ends():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    kinds = json.loads(await reader.readline())
    records: list[Any] = []
    tasks = [
        asyncio.create_task((steadily if kind["steady"] else one_after_the_other)(kind, records))
        for kind in kinds
        for _ in range(kind["clients"])
    ]
    await reader.read()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:  # including pending requests
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    for record in records:
        print(json.dumps(record))  # noqa: T201


if __name__ == "__main__":
    gc.disable()  # a collection would look like a slow response; the process runs for minutes at most
    asyncio.run(until_input_ends())
