"""`manage.py serve` in a separate process with a separate data folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skeleton.embedded_postgres.client import PROJECT
from skeleton.embedded_postgres.locks import is_held
from skeleton.embedded_postgres.paths import paths_of

linux_only = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
FIRST_START_SECONDS = 60
SECOND_START_SECONDS = 4


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder shared by the tests of this file. The first start creates the database."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, port: int, **more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SKELETON_", "DATABASE_", "DJANGO_"))
    }
    return (
        kept
        | {"SKELETON_DATA_DIR": str(data_dir), "PORT": str(port), "SKELETON_WORKERS": "2", "SKELETON_JOB_WORKERS": "0"}
        | more
    )


def run(data_dir: Path, port: int, *options: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", *options],
        cwd=PROJECT,
        env=environment(data_dir, port, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def get(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


@contextmanager
def served(data_dir: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a running server, and kill it if the test did not stop it."""
    server = run(data_dir, port, **more)
    try:
        deadline = time.monotonic() + FIRST_START_SECONDS
        while get(port, "/health") != 200:
            assert server.poll() is None, server.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield server
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()
        wait_until_free(data_dir)


def wait_until_free(data_dir: Path) -> None:
    paths = paths_of(data_dir / "postgres")
    deadline = time.monotonic() + 20
    while paths.home.exists() and (is_held(paths.supervisor_lock) or is_held(paths.server_lock)):
        assert time.monotonic() < deadline, "the database was left running"
        time.sleep(0.05)


def workers(server: subprocess.Popen[str]) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == server.pid and state != "Z":
            found.append(int(status.parent.name))
    return found


@linux_only
def test_it_prepares_serves_and_stops_with_ctrl_c(data_dir: Path, port: int) -> None:
    with served(data_dir, port) as server:
        children = workers(server)
        assert len(children) == 2
        assert get(port, "/ready") == 200
        started = time.monotonic()
        os.killpg(server.pid, signal.SIGINT)  # what a terminal does
        said, _ = server.communicate(timeout=20)
        assert server.returncode == 0
        assert time.monotonic() - started < 8
        for line in ("/api/v1\n", "/api/v1/docs\n", "/admin/\n"):
            assert f"http://127.0.0.1:{port}{line}" in said
        assert said.endswith("Stopped.\n")
        assert "Traceback" not in said
        assert not any(Path(f"/proc/{child}").exists() for child in children)
        paths = paths_of(data_dir / "postgres")
        assert not is_held(paths.supervisor_lock)
        assert not is_held(paths.server_lock)


@linux_only
def test_the_second_start_is_quick_and_sigterm_stops_it(data_dir: Path, port: int) -> None:
    with served(data_dir, port):
        pass  # so that this test is right alone, too
    with served(data_dir, port) as server:
        assert processor_seconds(server) < SECOND_START_SECONDS
        server.terminate()
        said, _ = server.communicate(timeout=20)
        assert server.returncode == 0
        assert "migrations" not in said


@linux_only
def test_a_killed_worker_is_replaced(data_dir: Path, port: int) -> None:
    with served(data_dir, port) as server:
        victim = workers(server)[0]
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while victim in workers(server) or len(workers(server)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert get(port, "/health") == 200


@linux_only
def test_a_killed_server_leaves_nothing(data_dir: Path, port: int) -> None:
    with served(data_dir, port) as server:
        children = workers(server)
        server.kill()
        server.wait()
        deadline = time.monotonic() + 15
        while any(Path(f"/proc/{child}").exists() for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert get(port, "/health") == 0


def job_workers(server: subprocess.Popen[str]) -> list[int]:
    return [child for child in workers(server) if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")]


@linux_only
def test_a_job_worker_runs_beside_the_server(data_dir: Path, port: int) -> None:
    """A worker is replaced when it dies, and ends when the server is stopped."""
    with served(data_dir, port, SKELETON_JOB_WORKERS="1") as server:
        deadline = time.monotonic() + 120
        while not job_workers(server):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (victim,) = job_workers(server)
        os.kill(victim, signal.SIGKILL)
        while victim in workers(server) or not job_workers(server):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (successor,) = job_workers(server)
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
        assert server.returncode == 0
        assert not Path(f"/proc/{successor}").exists()


@linux_only
def test_a_job_worker_does_not_outlive_a_killed_server(data_dir: Path, port: int) -> None:
    with served(data_dir, port, SKELETON_JOB_WORKERS="1") as server:
        deadline = time.monotonic() + 120
        while not job_workers(server):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (orphan,) = job_workers(server)
        server.kill()
        server.wait()
        while Path(f"/proc/{orphan}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)


def processor_seconds(server: subprocess.Popen[str]) -> float:
    """Return the processor time of a start, because elapsed time means little on a busy machine."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def refusal(data_dir: Path, port: int, **more: str) -> str:
    """Return the single line with which a start is refused."""
    server = run(data_dir, port, **more)
    said, _ = server.communicate(timeout=60)
    assert server.returncode == 1
    assert "Traceback" not in said
    line = said.strip().splitlines()[-1]
    wait_until_free(data_dir)
    return line


def test_a_taken_port_is_one_line(data_dir: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        line = refusal(data_dir, port)
    assert f"Port {port} on 127.0.0.1 is used by another" in line


def test_a_host_that_is_not_ours_is_one_line(data_dir: Path, port: int) -> None:
    line = refusal(data_dir, port, HOST="192.0.2.1", SKELETON_SECRET_KEY="k" * 50, SKELETON_ALLOWED_HOSTS="a.example")
    assert "Cannot listen on 192.0.2.1" in line


def test_a_database_that_does_not_answer_is_one_line(data_dir: Path, port: int) -> None:
    line = refusal(
        data_dir,
        port,
        DATABASE_URL="postgresql://someone:secret-word@127.0.0.1:9/somewhere",
        SKELETON_SECRET_KEY="k" * 50,
        SKELETON_ALLOWED_HOSTS="api.example.com",
    )
    assert "The database somewhere at 127.0.0.1:9 does not answer" in line
    assert "secret-word" not in line


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path, port: int) -> None:
    (tmp_path / "file").touch()
    line = refusal(tmp_path / "file" / "var", port)
    assert str(tmp_path / "file" / "var") in line
