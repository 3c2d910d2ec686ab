"""A child process beside the server: kept running, and gone when the server is."""

import os
import subprocess  # noqa: S404 (our own command)
import sys
import threading

import structlog
from django.conf import settings

log = structlog.get_logger("skeleton.serve")

PARENT = "SKELETON_PARENT_PROCESS"
"""Names, to the child, the process that it must not outlive."""
STOP_SECONDS = 10
PAUSES = (1, 2, 5, 15, 30)  # seconds before the child is started again; the last one from then on
SETTLED_SECONDS = 60
"""One that ran for so long did not fail at its start."""

_SPAWNING = threading.Lock()
"""Held while a child is spawned, and before every fork of this process: a server worker that is forked in that moment
would keep the pipe open on which `Popen` waits for its child."""

os.register_at_fork(before=_SPAWNING.acquire, after_in_parent=_SPAWNING.release, after_in_child=_SPAWNING.release)


class Beside:
    """`manage.py <command>` as a child, started again whenever it ends by itself."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._stopping = threading.Event()
        # the kernel ends the child with the thread that started it: this one lives as long as the server
        self._thread = threading.Thread(target=self._keep_running, name=f"beside-{command}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Tell the child to stop, and wait until it has."""
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
            failures = 0 if waited > SETTLED_SECONDS else failures + 1
            log.error("child_ended", command=self.command, code=child.returncode)
            self._stopping.wait(PAUSES[min(failures, len(PAUSES)) - 1])

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with _SPAWNING:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, "manage.py", self.command],
                cwd=settings.BASE_DIR,
                env={**os.environ, PARENT: str(os.getpid())},
                start_new_session=True,  # Ctrl-C in the terminal reaches the server alone, which then stops the child
            )


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
