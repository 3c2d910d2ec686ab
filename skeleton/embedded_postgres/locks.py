"""Advisory file locks. The kernel drops them when their holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.layout import open_private, unwritable

POLL_SECONDS = 0.02


class FileLock:
    """One open lock file. `shared` and `exclusive` take the lock, `close` gives it back."""

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

    def shared(self, seconds: float = 0) -> bool:
        """Take the lock together with others. False when somebody held it alone for all of `seconds`."""
        return self._take(fcntl.LOCK_SH, seconds)

    def exclusive(self, seconds: float = 0) -> bool:
        """Take the lock alone. False when somebody else held it for all of `seconds`."""
        return self._take(fcntl.LOCK_EX, seconds)

    def release(self) -> None:
        """Give the lock back but keep the file open. Affects every process that inherited this very lock."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close this process's hold; a child that inherited the lock keeps it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _take(self, kind: int, seconds: float) -> bool:
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
    """Whether somebody holds the lock alone at this moment."""
    with FileLock(path) as lock:
        return not lock.shared()
