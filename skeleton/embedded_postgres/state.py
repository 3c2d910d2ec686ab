"""The state that the supervisor publishes for its clients: a small file, replaced atomically."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from skeleton.embedded_postgres.paths import private_write

STARTING = "starting"
READY = "ready"
FAILED = "failed"
STOPPED = "stopped"


@dataclass(frozen=True)
class State:
    """The server's state. `host` is the folder of its socket, `error` a one-line message if `status` is FAILED."""

    status: str
    host: str = ""
    error: str = ""


def read_state(path: Path) -> State:
    """Return the last state written, or STOPPED if there is none or it cannot be read."""
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return State(STOPPED)


def write_state(path: Path, state: State) -> None:
    private_write(path, json.dumps(asdict(state)))
