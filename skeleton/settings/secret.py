"""The secret key that zero-configuration mode generates once and stores."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def kept_secret(path: Path) -> str:
    """Return the secret in `path`, generated on the first call by one of the processes. Raises OSError."""
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # readable only by the owner
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)  # atomic, and never overwrites that of another process
    finally:
        Path(name).unlink()
    return path.read_text()
