"""What the supervisor tells its clients: a small file, replaced in one step."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from skeleton.embedded_postgres.layout import private_write

STARTING = "starting"
READY = "ready"
FAILED = "failed"
STOPPED = "stopped"


@dataclass(frozen=True)
class State:
    """`host` is the folder of the server's socket, `error` one line for a person when `status` is FAILED."""

    status: str
    host: str = ""
    error: str = ""


def read_state(path: Path) -> State:
    """The last state written; STOPPED when there is none or it cannot be read."""
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return State(STOPPED)


def write_state(path: Path, state: State) -> None:
    private_write(path, json.dumps(asdict(state)))
