"""The resources that a server uses, observed from outside."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = 1.10
"""Maximum growth of the memory, as a factor."""


@dataclass(slots=True)
class Footprint:
    """The server's resources: its processes, memory, files in its data folder and open descriptors."""

    pids: frozenset[int]
    memory: int
    files: frozenset[Any]
    descriptors: int

    @classmethod
    def of(cls, system):
        pids = frozenset(session_of(system.server.pid))
        return cls(pids, sum(resident(pid) for pid in pids), left_in(system.folder), sum(map(descriptors, pids)))

    def differences(self, before):
        """Yield a description of each difference."""
        if self.pids != before.pids:
            yield f"processes: {sorted(before.pids)} became {sorted(self.pids)}"
        if self.files - before.files:
            yield f"files left: {sorted(self.files - before.files)[:5]}"
        if self.memory > before.memory * MEMORY:
            yield f"memory: {before.memory >> 20} MB became {self.memory >> 20} MB"
        if self.descriptors > before.descriptors + 40:
            yield f"descriptors: {before.descriptors} became {self.descriptors}"


def session_of(leader):
    """Yield the process ids of a session: the server, its workers, and their children."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = status.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                yield int(status.parent.name)


def resident(pid):
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return 0


def descriptors(pid):
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def left_in(folder):
    """Return the files that requests may have left behind, without static files, the log and stored uploads."""
    kept = ("static", "serve.log", "static.collected", "files")
    found = [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in kept]
    return frozenset(str(path.relative_to(folder)) for path in found if path.is_file())
