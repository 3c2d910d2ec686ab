"""The environment: reading of variables, paths, and the mode in which Skeleton runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environs import Env, EnvError

env = Env()

BASE_DIR = Path(__file__).resolve().parents[2]


def fail(line: str) -> SystemExit:
    """Return the exception that aborts the start with one clear line."""
    return SystemExit(f"Skeleton cannot start: {line}")


@contextmanager
def reading() -> Iterator[None]:
    """Abort the start if a variable that is read in the block is invalid."""
    try:
        yield
    except (EnvError, ValueError) as error:
        raise fail(str(error)) from error


with reading():
    HOST = env.str("HOST", "127.0.0.1")
    PORT = env.int("PORT", 8080)
    DATABASE_URL = env.str("DATABASE_URL", "")
    SKELETON_DATA_DIR = Path(env.str("SKELETON_DATA_DIR", "") or BASE_DIR / "var").absolute()
    _given_debug = env.bool("SKELETON_DEBUG", None)

# --- The mode: zero configuration (loopback, embedded database, nothing said about debugging), or production ----------

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ZERO_CONFIGURATION = HOST in LOOPBACK and not DATABASE_URL and _given_debug is not False
DEBUG = bool(_given_debug)  # never on by default: the zero-configuration server is a production server on loopback
