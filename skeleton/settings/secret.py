"""The secret that zero-configuration mode makes once and keeps."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The secret in `path`, made at the first call. Of several processes at once one makes it. Raises OSError."""
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # for nobody else to read
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)  # whole or not at all, and never over another's
    finally:
        Path(name).unlink()
    return path.read_text()
