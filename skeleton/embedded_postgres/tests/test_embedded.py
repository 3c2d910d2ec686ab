"""The embedded PostgreSQL with real processes: started, killed, shared, abandoned, attacked."""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skeleton.embedded_postgres import socket_dir as socket_dirs
from skeleton.embedded_postgres.account import CURRENT_USER, DATABASE_UID
from skeleton.embedded_postgres.client import PROJECT, Client
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.locks import is_held
from skeleton.embedded_postgres.paths import USER, DatabasePaths, paths_of
from skeleton.embedded_postgres.server import postmaster_pid
from skeleton.embedded_postgres.state import read_state
from skeleton.embedded_postgres.supervisor import MAX_LOG_BYTES, rotate_log
from skeleton.embedded_postgres.tuning import server_settings

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can change its user")
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prctl and /proc")

# A program that uses the server until its input ends, or for ever.
HOLDER = """
import sys
from skeleton.embedded_postgres.client import client_of
client = client_of(sys.argv[1])
try:
    print(client.address(), flush=True)
except Exception as error:
    print(type(error).__name__, error, flush=True)
    sys.exit(1)
sys.stdin.read()
"""


def run_holder(root: Path, program: str = HOLDER, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        **options,
    )


@contextmanager
def holder(root: Path, program: str = HOLDER) -> Iterator[subprocess.Popen[str]]:
    """Start a process that uses the server, and wait until it is ready."""
    process = run_holder(root, program)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("/")
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process without a parent remains a zombie if there is no init process to reap it.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def is_stopped(paths: DatabasePaths) -> bool:
    return not is_held(paths.supervisor_lock) and not is_held(paths.server_lock)


def supervisor_pid(paths: DatabasePaths) -> int:
    postmaster = postmaster_pid(paths)
    return int(Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[1])


def execute(client: Client, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(
        host=client.find(20), user=USER, password=client.password(), dbname="skeleton", autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that tests copy, because creating one takes a second."""
    root = tmp_path_factory.mktemp("created") / "postgres"
    client = Client(paths_of(root))
    client.address()
    client.disconnect()
    return root


@pytest.fixture
def root(created: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder that no process uses. After the test, no process of it may be left."""
    root = tmp_path / "postgres"
    subprocess.run(["cp", "-a", str(created), str(root)], check=True)
    yield root
    paths = paths_of(root)
    if is_held(paths.supervisor_lock) and postmaster_pid(paths):
        os.kill(supervisor_pid(paths), signal.SIGTERM)  # without waiting for the time of grace
    wait_for(lambda: is_stopped(paths))


@pytest.fixture
def client(root: Path) -> Iterator[Client]:
    client = Client(paths_of(root))
    yield client
    client.release_lock()


def test_two_processes_at_once_make_one_server(tmp_path: Path) -> None:
    root = tmp_path / "postgres"
    racers = [run_holder(root) for _ in range(4)]
    addresses = {racer.stdout.readline() for racer in racers if racer.stdout}
    assert len(addresses) == 1
    paths = paths_of(root)
    client = Client(paths)
    postmasters = execute(client, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    assert postmasters == [(1,)]
    assert execute(client, "SELECT lower('КИЇВ'), current_setting('data_checksums')") == [("київ", "on")]
    for racer in racers:
        racer.communicate()
    assert not is_stopped(paths)
    assert client.disconnect() is True
    assert is_stopped(paths)
    assert not Path(addresses.pop().strip(), ".s.PGSQL.5432").exists()


def test_the_last_one_out_stops_it(root: Path, client: Client) -> None:
    client.address()
    with holder(root):
        assert client.disconnect() is False
        time.sleep(1.5)
        assert not is_stopped(client.paths)
    started = time.monotonic()
    wait_for(lambda: is_stopped(client.paths), 5)
    assert time.monotonic() - started < 3
    assert read_state(client.paths.state).status == "stopped"


def test_a_server_stays_between_two_commands(root: Path, client: Client) -> None:
    client.address()
    first = postmaster_pid(client.paths)
    client.release_lock()
    time.sleep(0.3)
    client.address()
    assert postmaster_pid(client.paths) == first


def test_a_newcomer_waits_for_a_server_that_is_stopping(client: Client) -> None:
    client.address()
    for _ in range(2):
        client.release_lock()
        time.sleep(1.0)  # about the time of grace
        assert execute(client, "SELECT 1") == [(1,)]


@linux_only
def test_committed_data_survives_a_killed_server(client: Client) -> None:
    execute(client, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    before = postmaster_pid(client.paths)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: postmaster_pid(client.paths) not in (None, before))
    assert execute(client, "SELECT count(*) FROM kept") == [(1000,)]


@linux_only
def test_a_killed_supervisor_takes_the_server_along_and_both_come_back(client: Client) -> None:
    execute(client, "CREATE TABLE kept AS SELECT 1 AS n")
    server = postmaster_pid(client.paths)
    assert server is not None
    os.kill(supervisor_pid(client.paths), signal.SIGKILL)
    wait_for(lambda: not is_alive(server))
    assert execute(client, "SELECT n FROM kept") == [(1,)]


@linux_only
def test_everything_killed_at_once_leaves_a_start_that_works(root: Path, client: Client) -> None:
    with holder(root) as user:
        execute(client, "CREATE TABLE kept AS SELECT 1 AS n")
        client.release_lock()
        server = postmaster_pid(client.paths)
        assert server is not None
        for pid in (supervisor_pid(client.paths), server, user.pid):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_held(client.paths.supervisor_lock) and not is_alive(server))
    assert execute(client, "SELECT n FROM kept") == [(1,)]


def test_a_killed_client_holds_nothing(root: Path) -> None:
    with holder(root) as user:
        user.kill()
    wait_for(lambda: is_stopped(paths_of(root)), 5)


@linux_only
def test_an_orphan_without_its_supervisor_is_stopped_first(client: Client) -> None:
    """Without prctl, a server continues to run without its supervisor."""
    client.address()
    server, supervisor = postmaster_pid(client.paths), supervisor_pid(client.paths)
    assert server is not None
    os.kill(server, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not is_held(client.paths.supervisor_lock))
    os.kill(server, signal.SIGCONT)
    assert execute(client, "SELECT 1") == [(1,)]
    assert not is_alive(server)


def test_a_process_number_of_somebody_else_does_not_stop_the_start(client: Client) -> None:
    client.address()
    client.disconnect()
    left = client.paths.data / "postmaster.pid"
    left.write_text(f"{os.getpid()}\n{client.paths.data}\n1\n5432\n/tmp\n\n  1 1\nready\n")
    assert execute(client, "SELECT 1") == [(1,)]


def test_a_forked_child_keeps_the_server_after_its_parent(root: Path) -> None:
    program = HOLDER.replace("sys.stdin.read()", "import os, time\nif os.fork():\n    os._exit(0)\n") + (
        "client.address()\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n"
    )
    process = run_holder(root, program)
    assert process.stdout is not None
    process.stdout.readline()
    child = int(process.stdout.readline())
    process.wait()
    time.sleep(1.5)
    assert not is_stopped(paths_of(root))
    os.kill(child, signal.SIGKILL)
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()


def test_it_heals_when_the_supervisor_is_told_to_stop(client: Client) -> None:
    client.address()
    os.kill(supervisor_pid(client.paths), signal.SIGTERM)
    wait_for(lambda: is_stopped(client.paths))
    assert execute(client, "SELECT 1") == [(1,)]


def test_two_installations_side_by_side(client: Client, created: Path, tmp_path: Path) -> None:
    other_root = tmp_path / "other" / "postgres"
    other_root.parent.mkdir()
    subprocess.run(["cp", "-a", str(created), str(other_root)], check=True)
    other = Client(paths_of(other_root))
    assert client.address() != other.address()
    execute(other, "CREATE TABLE only_there ()")
    assert execute(client, "SELECT to_regclass('only_there')") == [(None,)]
    other.disconnect()


def test_a_deep_data_folder_gets_a_short_socket(created: Path, tmp_path: Path) -> None:
    root = tmp_path / ("deep" * 20) / "тека, друга" / "postgres"
    root.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(created), str(root)], check=True)
    client = Client(paths_of(root))
    host = client.address()
    assert len(host) < 60
    assert stat.S_IMODE(Path(host).stat().st_mode) == 0o700
    assert execute(client, "SELECT 1") == [(1,)]
    client.disconnect()
    assert not Path(host).exists()


def test_the_server_can_be_reached_by_its_owner_only(client: Client) -> None:
    host = Path(client.address())
    assert stat.S_IMODE(host.stat().st_mode) == 0o700
    for private in (client.paths.home, client.paths.data):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert stat.S_IMODE(client.paths.password.stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(host), user=USER, password="guess", dbname="skeleton")
    assert execute(client, "SHOW listen_addresses") == [("",)]


@needs_root
def test_root_hands_the_server_to_a_user_without_rights(client: Client, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    client.address()
    server = Path(f"/proc/{postmaster_pid(client.paths)}")
    assert server.stat().st_uid == DATABASE_UID
    assert "CapEff:\t0000000000000000" in (server / "status").read_text()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert tmp_path.stat().st_uid == 0


@needs_root
@linux_only
def test_programs_that_only_root_can_reach_are_copied(created: Path, tmp_path: Path) -> None:
    """This is the case if the virtual environment is below /root."""
    private = tmp_path / "site"
    private.mkdir(mode=0o700)
    program = (
        "import shutil\nfrom skeleton.embedded_postgres import binaries, supervisor, client as clients\n"
        "from skeleton.embedded_postgres.binaries import *\nimport os, sys\n"
        f"copy = Binaries(Path({str(private)!r}))\ncopy_installation(bundled_binaries(), copy)\n"
        "binaries.bundled_binaries = lambda: copy\n"
        "def launch(paths):\n    if not os.fork():\n        os._exit(supervisor.main(str(paths.home), 'durable'))\n"
        "    os.wait()\n"
        "clients.launch_supervisor = launch\n"
    )
    root = tmp_path / "postgres"
    subprocess.run(["cp", "-a", str(created), str(root)], check=True)
    with holder(root, program + HOLDER):
        server = postmaster_pid(paths_of(root))
        assert "programs" in Path(f"/proc/{server}/cmdline").read_text()
    wait_for(lambda: is_stopped(paths_of(root)))


@needs_root
@linux_only
def test_an_ordinary_user_needs_nothing_of_root(tmp_path: Path) -> None:
    """Import everything before the user changes, because the interpreter may be in a folder that only root can read."""
    home = Path("/tmp") / f"skeleton-test-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, 65534, 65534)
    program = (
        "import encodings.idna, os, sys\nfrom skeleton.embedded_postgres import supervisor, client as clients\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "def launch(paths):\n    if not os.fork():\n        os._exit(supervisor.main(str(paths.home), 'durable'))\n"
        "    os.wait()\n"
        "clients.launch_supervisor = launch\n"
    )
    root = home / "postgres"
    try:
        with holder(root, program + HOLDER):
            paths = paths_of(root)
            assert Path(f"/proc/{postmaster_pid(paths)}").stat().st_uid == 65534
            assert read_state(paths.state).host == str(paths.home / "socket")
            # Root can join in, and leaves nothing that the user could not use afterwards.
            client = Client(paths)
            assert execute(client, "SELECT 1") == [(1,)]
            client.release_lock()
            assert {path.stat().st_uid for path in paths.home.iterdir()} == {65534}
        wait_for(lambda: is_stopped(paths))
    finally:
        shutil.rmtree(home)


def failing(root: Path, **options: Any) -> str:
    process = run_holder(root, **options)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.count("\n") == 1
    return said


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = failing(tmp_path / "file" / "postgres")
    assert said.startswith("EmbeddedDatabaseError The data folder")
    assert "SKELETON_DATA_DIR" in said


@needs_root
def test_a_folder_of_another_user_is_one_line(tmp_path: Path) -> None:
    paths = paths_of(tmp_path / "postgres")
    paths.create()
    program = "import os\nos.geteuid = lambda: 4242\n" + HOLDER
    said = failing(tmp_path / "postgres", program=program)
    assert "belongs to another user (uid 0)" in said


def test_a_disk_that_takes_no_more_is_one_line(tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    said = failing(tmp_path / "postgres", preexec_fn=small_files)
    assert "PostgreSQL could not create" in said
    paths = paths_of(tmp_path / "postgres")
    assert not paths.data.exists()
    wait_for(lambda: is_stopped(paths))
    client = Client(paths)
    assert execute(client, "SELECT 1") == [(1,)]  # and it starts once the disk has space
    client.disconnect()


def test_broken_data_is_one_line(root: Path) -> None:
    (root / "18" / "data" / "global" / "pg_control").unlink()
    said = failing(root)
    assert "PostgreSQL does not start: " in said
    assert str(root / "18" / "data" / "global" / "pg_control") in said


def test_data_of_an_older_version_is_not_passed_over(root: Path) -> None:
    (root / "18").rename(root / "17")
    client = Client(paths_of(root))
    with pytest.raises(EmbeddedDatabaseError, match="PostgreSQL 17"):
        client.address()
    assert client.lock is None


def test_a_lost_password_is_said(root: Path, client: Client) -> None:
    client.paths.password.unlink()
    with pytest.raises(EmbeddedDatabaseError, match="password of the embedded database is missing"):
        client.address()


def test_a_room_that_is_not_ours_is_not_entered(tmp_path: Path) -> None:
    paths = DatabasePaths(home=tmp_path / ("x" * 100))
    paths.create()
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(target)
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    for tempting in (link, open_to_all, tmp_path / "missing"):
        socket_dir = socket_dirs.open_socket_dir(paths, CURRENT_USER, str(tempting))
        assert socket_dir.parent == Path("/tmp")
        assert socket_dirs.is_private(socket_dir, os.geteuid())
        assert socket_dirs.open_socket_dir(paths, CURRENT_USER, str(socket_dir)) == socket_dir
        socket_dirs.close_socket_dir(paths, socket_dir)
        assert not socket_dir.exists()
    assert not socket_dirs.is_private(target, os.geteuid() + 1)


def test_test_data_never_shares_a_folder_with_real_data(tmp_path: Path) -> None:
    real, fast = paths_of(tmp_path / "postgres"), paths_of(tmp_path / "postgres", durable=False)
    assert fast.home.parent.name == "postgres-test"
    assert real.home != fast.home
    assert {server_settings(durable=True)[name] for name in ("fsync", "synchronous_commit")} == {"on"}
    assert server_settings(durable=False)["fsync"] == "off"


def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    with log.open("wb") as file:
        file.truncate(MAX_LOG_BYTES + 1)
    rotate_log(log)
    assert log.stat().st_size == 0
    assert log.with_name("postgres.log.1").stat().st_size == MAX_LOG_BYTES + 1
