"""Streams on the whole system: two server processes on one port, a killed PostgreSQL, reconnecting clients."""

import asyncio
import http.client
import json
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from messenger import feed
from messenger.tests.streams import Refused, Stream, quiet
from skeleton.embedded_postgres.paths import paths_of
from skeleton.embedded_postgres.server import postmaster_pid
from skeleton.events.hub import MAX_STREAMS_PER_USER
from skeleton.files.tests.factories import CONTENT_TYPE, END, part
from skeleton.testkit.narrowing import present
from skeleton.testkit.system import Reply, run_server

CHIEF = {"email": "admin@skeleton.local", "password": "03041965"}
STREAM_BYTES = 150_000
LISTENERS, USERS, WRITERS, EACH = 50, 5, 16, 10

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """A running system whose streams end after 150 kB, so that clients have to reconnect."""
    with run_server(tmp_path_factory.mktemp("live"), SKELETON_STREAM_BYTES=str(STREAM_BYTES)) as found:
        found.sign_in(**CHIEF)
        yield found


@pytest.fixture(scope="module")
def crew(system):
    """Users of the messenger, with their ids and tokens."""
    (role,) = [one["id"] for one in system.call("GET", "/roles").data["data"] if one["name"] == "admin"]
    found = []
    for number in range(USERS):
        body = {"email": f"crew{number}@example.com", "password": "correct horse", "name": f"Crew {number}"}
        made = system.call("POST", "/auth/register", body).data
        assert system.call("POST", f"/users/{made['user']['id']}/roles", {"role_id": role}).status == 200
        found.append((made["user"]["id"], made["access_token"]))
    return found


@pytest.fixture
def group(system, crew):
    body = {"type": "group", "name": "Crew", "member_ids": [user_id for user_id, _ in crew]}
    return system.call("POST", "/conversations", body).data


def say(system, conversation, content="Hello!", **fields):
    return system.call("POST", f"/conversations/{conversation['id']}/messages", {"content": content, **fields})


class Listener:
    """Receives messages of one conversation, with random disconnects, until it has received enough."""

    def __init__(self, number, system, token, conversation, enough):
        self.chance = random.Random(number)
        self.system, self.token, self.conversation, self.enough = system, token, conversation, enough
        self.heard, self.drops = [], 0
        self.last_id = None
        self.listening = asyncio.Event()

    async def listen(self):
        while len(self.heard) < self.enough:
            stream = Stream(self.system.port, self.token, self.last_id)
            try:
                await asyncio.wait_for(self._hear(stream), 30)
            except (OSError, StopAsyncIteration, asyncio.IncompleteReadError, TimeoutError):
                pass
            except Refused as refused:
                if refused.status != 503:  # the API's status while the database is unavailable
                    raise
            self.last_id = stream.last_id if stream.last_id is not None else self.last_id
            self.drops += 1
            await asyncio.sleep(self.chance.random() / 4)

    async def _hear(self, stream):
        async with stream:
            self.listening.set()
            async for event in stream:
                if event.type == "message.created" and event.data["conversation_id"] == self.conversation["id"]:
                    self.heard.append(event.data["message"]["seq"])
                if len(self.heard) >= self.enough or self.chance.random() < 0.04:
                    return


def write(number, system, conversation):
    """Send messages, each repeated until acknowledged. The client_id prevents duplicates."""
    for turn in range(EACH):
        while say(system, conversation, f"{number} {turn}", client_id=f"{number}-{turn}").status not in (200, 201):
            time.sleep(0.1)


def restart_database(system):
    """Kill PostgreSQL; the supervisor restarts it."""
    paths = paths_of(system.folder / "postgres")
    before = postmaster_pid(paths)
    os.kill(present(before), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while postmaster_pid(paths) in (None, before):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_listener_hears_every_message_once_and_in_order(system, crew, group):
    """16 writers, 50 reconnecting listeners, two server processes, and PostgreSQL killed once."""
    enough = WRITERS * EACH

    async def story():
        listeners = [Listener(number, system, crew[number % USERS][1], group, enough) for number in range(LISTENERS)]
        tasks = [asyncio.create_task(one.listen()) for one in listeners]
        await asyncio.gather(*(one.listening.wait() for one in listeners))
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            writing = [loop.run_in_executor(pool, write, n, system, group) for n in range(WRITERS)]
            await asyncio.sleep(0.7)
            await loop.run_in_executor(pool, restart_database, system)
            await asyncio.gather(*writing)
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        return listeners

    listeners = asyncio.run(story())
    for one in listeners:
        assert one.heard == list(range(1, enough + 1))
    assert sum(one.drops for one in listeners) > LISTENERS
    written = messages_of(system, group)
    assert [one["seq"] for one in written] == list(range(1, enough + 1))
    assert len({one["client_id"] for one in written}) == enough


def messages_of(system, group):
    found, cursor = [], ""
    while cursor is not None:
        page = system.call(
            "GET", f"/conversations/{group['id']}/messages?limit=100&sort_order=asc&cursor={cursor}"
        ).data
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def streams_in(system, token, count):
    """Open `count` streams at once, which the kernel distributes over both processes."""
    return [Stream(system.port, token) for _ in range(count)]


def test_everything_that_happens_is_told(system, crew, group):
    user_id, token = crew[0]

    async def story():
        async with Stream(system.port, token) as stream:
            path = f"/conversations/{group['id']}"
            message = await asyncio.to_thread(say, system, group)
            created = await stream.next()
            assert (created.type, created.data["message"]) == ("message.created", message.data)
            changes: tuple[tuple[str, str, Any], ...] = (
                ("PATCH", f"{path}/messages/{message.data['id']}", {"content": "Hello?"}),
                ("DELETE", f"{path}/messages/{message.data['id']}", None),
                ("PUT", f"{path}/group", {"name": "Crew II"}),
                ("PATCH", f"{path}/archive", {}),
                ("PATCH", f"{path}/unarchive", {}),
            )
            heard = []
            for method, where, body in changes:
                reply = await asyncio.to_thread(system.call, method, where, body)
                assert reply.status in (200, 204), reply
                heard.append(await stream.next())
            assert [one.type for one in heard] == [
                "message.updated",
                "message.deleted",
                *["conversation.updated"] * 3,
            ]
            assert (heard[0].data["message"]["content"], heard[1].data["message"]["content"]) == ("Hello?", None)
            assert heard[1].data["message"]["deleted_at"]
            assert [one.data["conversation"]["archived"] for one in heard[2:]] == [False, True, False]
            assert heard[2].data["conversation"]["name"] == "Crew II"
            await asyncio.to_thread(call_as, system, token, "POST", f"{path}/read", {"seq": 1})
            read = await stream.next()
            assert (read.type, read.data) == (
                "conversation.read",
                {"conversation_id": group["id"], "user_id": user_id, "seq": 1},
            )

    asyncio.run(story())


def call_as(system, token, method, path, body=None):
    mine, system.token = system.token, token
    try:
        return system.call(method, path, body)
    finally:
        system.token = mine


def test_who_is_removed_or_logged_out_hears_nothing_more(system, crew, group):
    """This holds in both processes for open streams, and also after reconnecting."""

    async def story():
        (removed_id, removed), (_, staying) = crew[1], crew[2]
        login = {"email": "crew3@example.com", "password": "correct horse"}
        leaving = (await asyncio.to_thread(system.call, "POST", "/auth/login", login)).data["access_token"]
        groups = {token: streams_in(system, token, 6) for token in (removed, leaving, staying)}
        for stream in sum(groups.values(), []):
            await stream.__aenter__()
        await asyncio.to_thread(say, system, group, "for all")
        for stream in sum(groups.values(), []):
            assert (await stream.next()).data["message"]["content"] == "for all"
        assert (await asyncio.to_thread(call_as, system, leaving, "POST", "/auth/logout")).status == 200
        path = f"/conversations/{group['id']}/members?user_id={removed_id}"
        assert (await asyncio.to_thread(system.call, "DELETE", path)).status == 200
        await asyncio.to_thread(say, system, group, "not for them")
        for stream in groups[staying]:
            assert (await stream.next()).type == "conversation.updated"
            assert (await stream.next()).data["message"]["content"] == "not for them"
        for stream in groups[removed] + groups[leaving]:
            await quiet(stream, 0.3)
        missed = Stream(system.port, removed, groups[removed][0].last_id)
        async with missed:
            await quiet(missed, 0.3)
        with pytest.raises(Refused) as refused:
            await Stream(system.port, leaving).__aenter__()
        assert refused.value.status == 401
        for stream in sum(groups.values(), []):
            await stream.__aexit__()

    asyncio.run(story())


def test_who_comes_hears_what_happens_from_then_on(system, crew, group):
    """This also holds for a resume with an older id: messages from before they joined are not sent."""

    async def story():
        user_id, token = crew[4]
        members = f"/conversations/{group['id']}/members"
        assert (await asyncio.to_thread(system.call, "DELETE", f"{members}?user_id={user_id}")).status == 200
        async with Stream(system.port, token) as stream:
            before = stream.last_id
            await asyncio.to_thread(say, system, group, "without them")
            await asyncio.to_thread(system.call, "POST", members, {"user_id": user_id})
            await asyncio.to_thread(say, system, group, "with them")
            live = [await stream.next(), await stream.next()]
        async with Stream(system.port, token, before) as stream:
            again = [await stream.next(), await stream.next()]
        assert [(one.id, one.type) for one in live] == [(one.id, one.type) for one in again]
        assert [one.type for one in live] == ["conversation.updated", "message.created"]
        assert live[1].data["message"]["content"] == "with them"

    asyncio.run(story())


def test_a_ticket_opens_one_stream_once(system, crew, group):
    _, token = crew[0]

    async def story():
        async def new_ticket():
            reply = await asyncio.to_thread(call_as, system, token, "POST", "/messenger/tickets", {})
            return reply.data["ticket"]

        ticket = await new_ticket()
        async with Stream(system.port, query=f"?ticket={ticket}") as stream:
            await asyncio.to_thread(say, system, group, "by ticket")
            assert (await stream.next()).data["message"]["content"] == "by ticket"
            last = stream.last_id
        await asyncio.to_thread(say, system, group, "meanwhile")
        ticket_again = (await asyncio.to_thread(call_as, system, token, "POST", "/messenger/tickets", {})).data[
            "ticket"
        ]
        async with Stream(system.port, query=f"?ticket={ticket_again}&last_event_id={last}") as stream:
            assert (await stream.next()).data["message"]["content"] == "meanwhile"
        for query in (f"?ticket={ticket}", "?ticket=x", "?ticket=", ""):
            with pytest.raises(Refused) as refused:
                await Stream(system.port, query=query).__aenter__()
            assert refused.value.status == 401
            assert b"unauthorized" in refused.value.body

    asyncio.run(story())


def test_an_id_that_was_never_given_starts_anew(system, crew):
    async def story():
        async with Stream(system.port, crew[0][1], 10**17) as stream:
            assert stream.last_id is not None

    async def wrong():
        for query in ("?last_event_id=x", "?last_event_id=-1", f"?last_event_id={10**18}", "?who=me"):
            with pytest.raises(Refused) as refused:
                await Stream(system.port, crew[0][1], query=query).__aenter__()
            assert refused.value.status == 400

    asyncio.run(wrong())
    with pytest.raises(AssertionError, match="ids never go back"):
        asyncio.run(story())


async def numbers(stream):
    return [event.data["message"]["seq"] async for event in stream]


def test_who_does_not_read_is_cut_off_and_loses_nothing(system, crew, group):
    """30 messages of 10 kB are twice the limit of a stream."""

    async def story():
        async with Stream(system.port, crew[0][1]) as stream:
            for number in range(30):
                assert (await asyncio.to_thread(say, system, group, f"{number:05}" * 2000)).status == 201
            heard = await asyncio.wait_for(numbers(stream), 20)
            assert 10 < len(heard) < 20, "it ended by itself, near its limit"
        while len(heard) < 30:
            async with Stream(system.port, crew[0][1], stream.last_id) as stream:
                async for event in stream:
                    heard.append(event.data["message"]["seq"])
                    if len(heard) == 30:
                        break
        assert heard == sorted(set(heard))

    asyncio.run(story())


def test_who_was_away_for_long_gets_it_all(system, crew, group):
    """A client misses more than one page of the log, while others keep receiving new events."""

    async def story():
        async with Stream(system.port, crew[0][1]) as stream:
            since = stream.last_id
        with ThreadPoolExecutor(8) as pool:
            many = feed.PAGE + 30
            list(pool.map(lambda n: say(system, group, str(n)), range(many)))
        async with Stream(system.port, crew[0][1], since) as stream:
            assert [(await stream.next()).data["message"]["seq"] for _ in range(many)] == list(range(1, many + 1))
            await asyncio.to_thread(say, system, group, "one more")
            assert (await stream.next()).data["message"]["content"] == "one more"

    asyncio.run(story())


def test_nobody_has_any_number_of_streams(system, crew):
    """The limit is fifty in each of the two processes; one more ends the oldest."""

    async def story():
        streams = streams_in(system, crew[4][1], 2 * MAX_STREAMS_PER_USER + 5)
        for stream in streams:
            await stream.__aenter__()
        ended = await asyncio.gather(*(has_ended(stream) for stream in streams))
        assert 5 <= sum(ended) < MAX_STREAMS_PER_USER
        for stream in streams:
            await stream.__aexit__()

    async def has_ended(stream):
        try:
            await stream.next(1)
        except StopAsyncIteration:
            return True
        except TimeoutError:
            return False

    asyncio.run(story())


def test_streams_hold_no_thread(system, crew, group):
    """With 80 open streams, the API still responds."""

    async def story():
        before = threads_of(system)
        streams = streams_in(system, crew[0][1], 40) + streams_in(system, crew[2][1], 40)
        await asyncio.gather(*(stream.__aenter__() for stream in streams))
        assert threads_of(system) <= before + 2 * 2  # the hubs
        reply = await asyncio.to_thread(system.call, "GET", "/auth/me")
        assert reply.status == 200
        for stream in streams:
            await stream.__aexit__()

    asyncio.run(story())


def threads_of(system):
    pids = Path(f"/proc/{system.server.pid}/task/{system.server.pid}/children").read_text().split()
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids)


class TestOrdinaryRequestsOnTheSamePort:
    def test_files_whole_and_in_part(self, system):
        content = os.urandom(3_000_000)
        reply = upload(system, content)
        assert reply.status == 201, reply
        path = f"/files/{reply.data['id']}/download"
        assert system.call("GET", path).data == content
        for first, last in ((0, 0), (10, 20), (2_999_990, 2_999_999)):
            found = raw(system, "GET", path, {"Range": f"bytes={first}-{last}"})
            assert found.status == 206
            assert found.data == content[first : last + 1]
            assert found.headers["content-range"] == f"bytes {first}-{last}/3000000"
            assert found.headers["content-length"] == str(last - first + 1)
        head = raw(system, "HEAD", path)
        assert (head.status, head.headers["content-length"], head.data) == (200, "3000000", b"")

    def test_an_upload_is_refused_before_it_is_read(self, system):
        assert call_as(system, "", "POST", "/files", {}).status == 401
        assert upload(system, b"x" * 26_000_000).status == 413

    def test_a_header_with_an_underscore_is_none(self, system):
        """It could spoof a header with a hyphen that only a proxy may send."""
        found = raw(system, "GET", "/auth/me", {"X_Request_ID": "sneaked-in"})
        assert found.headers["x-request-id"] != "sneaked-in"
        assert raw(system, "GET", "/auth/me", {"X-Request-ID": "mine"}).headers["x-request-id"] == "mine"

    def test_a_chunked_body_is_refused(self, system):
        found = raw(system, "POST", "/roles", {"Transfer-Encoding": "chunked"}, b"2\r\n{}\r\n0\r\n\r\n")
        assert found.status == 411

    def test_a_long_table_is_sent_from_disk(self, system):
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: raw(system, "GET", "/reports/trial-balance?format=csv"), range(8)))
        assert {reply.status for reply in replies} == {200}
        assert len({reply.data for reply in replies}) == 1

    def test_paths_of_any_letters(self, system):
        for path in ("/%FF%FE", "/caf%C3%A9", "/a%00b", "//users"):
            assert raw(system, "GET", path).status == 404


def upload(system, content):
    body = part("file", content, "big.bin") + END
    return raw(system, "POST", "/files", {"Content-Type": CONTENT_TYPE}, body)


def raw(system, method, path, headers=(), body=None):
    """Send a request with custom headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=30)
    try:
        connection.putrequest(method, f"/api/v1{path}", skip_accept_encoding=True)
        for name, value in {"Authorization": f"Bearer {system.token}", **dict(headers)}.items():
            connection.putheader(name, value)
        if body is not None and "Transfer-Encoding" not in dict(headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        with suppress(OSError):  # it may be refused before it is sent completely
            connection.send(body or b"")
        answer = connection.getresponse()
        content = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        is_json = "json" in found.get("content-type", "")
        return Reply(answer.status, found, json.loads(content) if is_json and content else content)
    finally:
        connection.close()


def test_it_stops_at_once_with_streams_open(system):
    """The streams are ended, and the server does not wait for clients. It is restarted for the other tests."""
    ended = threading.Event()

    async def listen():
        async with Stream(system.port, system.token) as stream:
            async for _ in stream:
                pass
        ended.set()

    listening = threading.Thread(target=lambda: asyncio.run(listen()))
    listening.start()
    time.sleep(0.5)
    started = time.monotonic()
    os.killpg(system.server.pid, signal.SIGINT)
    try:
        assert system.server.wait(20) == 0
        assert time.monotonic() - started < 8
        listening.join(5)
        assert ended.is_set()
    finally:
        system.start()
