"""A supervised child process of the server. It is restarted when it exits and stops with the server."""

import os
import subprocess  # noqa: S404 (our own command)
import sys
import threading

import structlog
from django.conf import settings

log = structlog.get_logger("skeleton.serve")

PARENT_PID_VARIABLE = "SKELETON_PARENT_PROCESS"
"""Environment variable with the id of the process that the child must not outlive."""
STOP_SECONDS = 10
RESTART_DELAYS = (1, 2, 5, 15, 30)  # seconds before each restart; the last value repeats
STABLE_AFTER_SECONDS = 60
"""A child that ran for at least this long did not fail at startup."""

_spawn_lock = threading.Lock()
"""Held while a child is spawned and during every fork of this process. A server worker forked during a spawn would
inherit the pipe on which `Popen` waits for its child, and keep it open."""

os.register_at_fork(before=_spawn_lock.acquire, after_in_parent=_spawn_lock.release, after_in_child=_spawn_lock.release)


class ChildProcess:
    """Runs `manage.py <command>` as a child process and restarts it whenever it exits."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._stopping = threading.Event()
        # The kernel ends the child together with the thread that started it, so the thread must live as long as the
        # server.
        self._thread = threading.Thread(target=self._keep_running, name=f"beside-{command}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop the child and wait until it has exited."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_SECONDS)

    def _keep_running(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            child = self._spawn()
            waited = 0
            while child.poll() is None and not self._stopping.wait(1):
                waited += 1
            if self._stopping.is_set():
                _end(child)
                return
            failures = 0 if waited > STABLE_AFTER_SECONDS else failures + 1
            log.error("child_ended", command=self.command, code=child.returncode)
            self._stopping.wait(RESTART_DELAYS[min(failures, len(RESTART_DELAYS)) - 1])

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with _spawn_lock:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, "manage.py", self.command],
                cwd=settings.BASE_DIR,
                env={**os.environ, PARENT_PID_VARIABLE: str(os.getpid())},
                start_new_session=True,  # Ctrl-C in the terminal reaches only the server, which then stops the child
            )


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
