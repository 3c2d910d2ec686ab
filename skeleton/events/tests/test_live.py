"""Streams of events on the whole system: two server processes and a worker, of which the leading one is killed."""

import asyncio
import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from messenger.tests.streams import Refused, Stream, quiet
from skeleton.embedded_postgres.paths import DATABASE, USER, paths_of
from skeleton.embedded_postgres.state import read_state
from skeleton.events.sequencer import LEADER_LOCK
from skeleton.testkit.system import run_server

CHIEF = {"email": "admin@skeleton.local", "password": "03041965"}
TAKEN_OVER_SECONDS = 5
RESPAWN_SECONDS = 4
"""A server whose process ends sooner than this after its start takes it for broken, and stops."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with run_server(tmp_path_factory.mktemp("events"), SKELETON_JOB_WORKERS="1") as found:
        found.sign_in(**CHIEF)
        time.sleep(RESPAWN_SECONDS)
        yield found


def countries(system):
    """Return the ids of some countries."""
    return [one["id"] for one in system.call("GET", "/countries").data["data"][:20]]


def change(system, pk, number):
    deadline = time.monotonic() + 20
    while (reply := system.call("PATCH", f"/countries/{pk}", {"region": f"R{number}"})).status != 200:
        assert time.monotonic() < deadline, reply  # its process may have been killed
        time.sleep(0.1)


class Reader:
    """Follows the stream of countries until it has enough events. If its process is killed, it resumes at another."""

    def __init__(self, system, enough):
        self.system, self.enough = system, enough
        self.heard: list[tuple[int, str]] = []
        self.last_id: int | None = None
        self.listening = asyncio.Event()

    async def follow(self):
        while len(self.heard) < self.enough:
            stream = Stream(
                self.system.port, self.system.token, self.last_id, path="/events/stream", query="?types=country.*"
            )
            try:
                async with stream:
                    self.listening.set()
                    await self._hear(stream)
            except (OSError, StopAsyncIteration, asyncio.IncompleteReadError):
                await asyncio.sleep(0.1)
            self.last_id = stream.last_id

    async def _hear(self, stream):
        while len(self.heard) < self.enough:
            event = await stream.next(4 * TAKEN_OVER_SECONDS)
            assert (event.type, event.data["changes"]) == ("country.updated", ["region"])
            self.heard.append((event.id, event.data["resource_id"]))


def test_a_stream_has_every_event_once_over_the_death_of_the_leader(system):
    """The next process goes on where the last one was killed."""
    ids = countries(system)

    async def story():
        readers = [Reader(system, len(ids)) for _ in range(6)]
        following = [asyncio.create_task(reader.follow()) for reader in readers]
        await asyncio.gather(*(reader.listening.wait() for reader in readers))
        for number, pk in enumerate(ids):
            await asyncio.to_thread(change, system, pk, number)
            if number == 8:
                await asyncio.to_thread(kill_leader, system)
        await asyncio.wait_for(asyncio.gather(*following), 60)
        return [reader.heard for reader in readers]

    heard = asyncio.run(story())
    for events in heard:
        assert events == heard[0]
        assert [pk for _, pk in events] == ids
        assert [position for position, _ in events] == sorted({position for position, _ in events})


def kill_leader(system):
    """Kill the process that numbers events, and wait until another one does."""
    before = leader(system)
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + TAKEN_OVER_SECONDS
    while leader(system) in (None, before):
        assert time.monotonic() < deadline, "nobody took over"
        time.sleep(0.05)


def leader(system):
    """Return the process that leads, by the name of its connection."""
    paths = paths_of(system.folder / "postgres")
    password = paths.password.read_text(encoding="utf-8")
    with psycopg.connect(
        host=read_state(paths.state).host, dbname=DATABASE, user=USER, password=password
    ) as connection:
        found = connection.execute(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted",
            [LEADER_LOCK],
        ).fetchone()
    return int(found[0].removeprefix("sequencer ")) if found else None


def test_a_stream_resumes_after_its_last_position_and_ends_with_its_session(system):
    first, second = countries(system)[:2]

    async def story():
        login = await asyncio.to_thread(system.call, "POST", "/auth/login", CHIEF)
        token = login.data["access_token"]
        async with Stream(system.port, token, path="/events/stream", query=f"?resource_id={second}") as stream:
            await asyncio.to_thread(change, system, first, "a")
            await asyncio.to_thread(change, system, second, "b")
            event = await stream.next()
            assert event.data["resource_id"] == second
        await asyncio.to_thread(change, system, second, "c")
        async with Stream(system.port, token, last_id=event.id, path="/events/stream") as stream:
            assert (await stream.next()).data["resource_id"] == second
            mine, system.token = system.token, token
            assert (await asyncio.to_thread(system.call, "POST", "/auth/logout")).status == 200
            system.token = mine
            await asyncio.to_thread(change, system, first, "d")
            await quiet(stream, 1)
        with pytest.raises(Refused) as refused:
            await Stream(system.port, system.token, last_id=7, path="/events/stream").__aenter__()
        assert refused.value.status == 410

    asyncio.run(story())
