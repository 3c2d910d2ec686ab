"""Advisory file locks. The kernel releases them when the process that holds them dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.paths import open_private, unwritable

POLL_SECONDS = 0.02


class FileLock:
    """An open lock file. `acquire_shared` and `acquire_exclusive` take the lock, `close` releases it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.descriptor = open_private(path)
        except OSError as error:
            raise unwritable(path.parent, error) from error

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def acquire_shared(self, seconds: float = 0) -> bool:
        """Take a shared lock. Return False if another process held it exclusively for all of `seconds`."""
        return self._acquire(fcntl.LOCK_SH, seconds)

    def acquire_exclusive(self, seconds: float = 0) -> bool:
        """Take an exclusive lock. Return False if another process held the lock for all of `seconds`."""
        return self._acquire(fcntl.LOCK_EX, seconds)

    def release(self) -> None:
        """Release the lock but keep the file open. This affects every process that inherited this lock."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close this process's descriptor. A child that inherited the lock keeps it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _acquire(self, kind: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(POLL_SECONDS)
            except OSError as error:
                raise EmbeddedDatabaseError(
                    f"The file system of {self.path.parent} has no file locks ({error.strerror}): "
                    f"set SKELETON_DATA_DIR to a folder on a local disk."
                ) from error
            else:
                return True


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock exclusively at this moment."""
    with FileLock(path) as lock:
        return not lock.acquire_shared()
