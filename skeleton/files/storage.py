"""Access to file contents, on local disk or in an S3 bucket, depending on the settings.

A key has the form `YYYY/MM/DD/<UUIDv7>`. It contains the time of storing, so the storage is never queried for a file's
age, and the files of one day are in one folder. An unavailable storage raises ServiceUnavailable, missing contents
raise FileNotFoundError.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.files.base import File as Content
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.errors import ServiceUnavailable
from skeleton.kernel.ids import parse_uuid, uuid7

log = structlog.get_logger("skeleton.files")

CHUNK = 65_536  # bytes


@contextmanager
def storage_errors() -> Iterator[None]:
    """Convert the storage's exceptions: to FileNotFoundError for a missing object, otherwise ServiceUnavailable."""
    try:
        yield
    except FileNotFoundError:
        raise
    except _failures() as exc:
        if getattr(default_storage, "is_gone", _is_never_gone)(exc):
            raise FileNotFoundError from exc
        raise _unavailable(exc) from exc


def _failures() -> tuple[type[Exception], ...]:
    """Return the exception types that the configured storage raises on failure."""
    return (OSError, *getattr(default_storage, "failures", ()))


def _is_never_gone(_exc: Exception) -> bool:
    return False


def _unavailable(exc: Exception) -> ServiceUnavailable:
    log.error("storage_failed", error=str(exc))
    return ServiceUnavailable(_("The file storage is currently unavailable. Try again shortly."), retry_after=5)


def new_key() -> str:
    """Return a new, unused key."""
    found = uuid7()
    return f"{stored_at(str(found)):%Y/%m/%d}/{found}"


def stored_at(name: str) -> dt.datetime | None:
    """Return when the object with this name was stored (UTC), or None if the name is not a UUIDv7."""
    found = parse_uuid(name)
    if found is None or found.version != 7:
        return None
    return dt.datetime.fromtimestamp((found.int >> 80) / 1000, dt.UTC)


def save(key: str, content: "Content[bytes]") -> None:
    """Store `content` under `key`. Raises ServiceUnavailable."""
    with storage_errors():
        default_storage.save(key, content)


def remove(key: str) -> None:
    """Remove the contents, if any. Raises ServiceUnavailable."""
    with storage_errors():
        default_storage.delete(key)


def discard(key: str) -> None:
    """Remove contents that no row refers to. If the storage is unavailable, `sweep_files` finds them later."""
    try:
        remove(key)
    except ServiceUnavailable:
        log.warning("bytes_left_behind", key=key)


def exists(key: str) -> bool:
    """Return whether there are contents under `key`. Raises ServiceUnavailable."""
    with storage_errors():
        return bool(default_storage.exists(key))


def chunks(key: str, first: int, last: int) -> Iterator[bytes]:
    """Return the bytes from `first` to `last` (inclusive) in chunks. Raises FileNotFoundError, ServiceUnavailable.

    The file is opened at once, so that errors occur before the response has started.
    """
    with storage_errors():
        content = default_storage.open(key, "rb")
        content.seek(first)
    return _read(content, last - first + 1)


def _read(content: Any, left: int) -> Iterator[bytes]:
    with content:
        while left > 0 and (read := content.read(min(CHUNK, left))):
            left -= len(read)
            yield read


def path_of(key: str) -> str | None:
    """Return the path of the contents on local disk, or None if they are elsewhere."""
    try:
        return default_storage.path(key)
    except NotImplementedError:
        return None


def link(key: str, *, name: str, mime_type: str) -> str | None:
    """Return a link, valid for a minute, from which a client can download the contents as `name`; None on local disk.

    Raises FileNotFoundError if the contents are missing, so that no dead link is returned, and ServiceUnavailable.
    """
    signed = getattr(default_storage, "signed_link", None)
    if signed is None:
        return None
    if not exists(key):
        raise FileNotFoundError(key)
    return str(signed(key, name=name, mime_type=mime_type))


def describe() -> str:
    """Return a description of the storage for the operator: its folder, or its bucket and prefix."""
    named = getattr(default_storage, "description", None)
    return str(named) if named else f"the folder {default_storage.path('')}"


def days_with_files() -> Iterator[str]:
    """Return the days (`YYYY/MM/DD`) that have contents. Raises ServiceUnavailable."""
    for year in _folders(""):
        for month in _folders(year):
            yield from _folders(month)


def keys_on(day: str) -> set[str]:
    """Return every key in a day's folder. Objects with other names are ignored."""
    return {f"{day}/{name}" for name in _listed(day)[1] if stored_at(name) is not None}


def _folders(parent: str) -> list[str]:
    return [f"{parent}/{name}".lstrip("/") for name in sorted(_listed(parent)[0]) if name.isdigit()]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Return the subfolders and files of a folder; none if it does not exist."""
    with storage_errors():
        try:
            return default_storage.listdir(folder)
        except FileNotFoundError:
            return [], []
