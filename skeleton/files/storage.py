"""The bytes of files: put, opened, removed, listed. On local disk or in an S3 bucket, as the settings say.

A key is `YYYY/MM/DD/<UUIDv7>`: it says when its bytes came, so nothing must be asked about their age, and one day of
files is one folder. A storage that is away is a 503; that something is not there is FileNotFoundError.
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
def answering() -> Iterator[None]:
    """Raises ServiceUnavailable where the storage does not do what it should, FileNotFoundError for what is gone."""
    try:
        yield
    except FileNotFoundError:
        raise
    except _failures() as exc:
        if getattr(default_storage, "is_gone", _never)(exc):
            raise FileNotFoundError from exc
        raise _away(exc) from exc


def _failures() -> tuple[type[Exception], ...]:
    """What the storage in use raises when something is wrong with it."""
    return (OSError, *getattr(default_storage, "failures", ()))


def _never(_exc: Exception) -> bool:
    return False


def _away(exc: Exception) -> ServiceUnavailable:
    log.error("storage_failed", error=str(exc))
    return ServiceUnavailable(_("The file storage is not available just now. Try again shortly."), retry_after=5)


def new_key() -> str:
    """A key that no bytes have yet."""
    found = uuid7()
    return f"{moment_of(str(found)):%Y/%m/%d}/{found}"


def moment_of(name: str) -> dt.datetime | None:
    """When the bytes of this name came (UTC), or None where it is not one of ours."""
    found = parse_uuid(name)
    if found is None or found.version != 7:
        return None
    return dt.datetime.fromtimestamp((found.int >> 80) / 1000, dt.UTC)


def put(key: str, content: "Content[bytes]") -> None:
    """Keep `content` under `key`. Raises ServiceUnavailable."""
    with answering():
        default_storage.save(key, content)


def remove(key: str) -> None:
    """Remove the bytes; nothing happens where there are none. Raises ServiceUnavailable."""
    with answering():
        default_storage.delete(key)


def discard(key: str) -> None:
    """Remove bytes that no row has any more. If the storage is away just now, `sweep_files` finds them later."""
    try:
        remove(key)
    except ServiceUnavailable:
        log.warning("bytes_left_behind", key=key)


def is_there(key: str) -> bool:
    """Whether there are bytes under `key`. Raises ServiceUnavailable where that cannot be told."""
    with answering():
        return bool(default_storage.exists(key))


def chunks(key: str, first: int, last: int) -> Iterator[bytes]:
    """The bytes from `first` to `last` (inclusive), a little at a time. Raises FileNotFoundError, ServiceUnavailable.

    The file is opened at once, so that what fails does so before an answer has begun.
    """
    with answering():
        content = default_storage.open(key, "rb")
        content.seek(first)
    return _read(content, last - first + 1)


def _read(content: Any, left: int) -> Iterator[bytes]:
    with content:
        while left > 0 and (read := content.read(min(CHUNK, left))):
            left -= len(read)
            yield read


def path_of(key: str) -> str | None:
    """Where the bytes lie on local disk; None where they do not."""
    try:
        return default_storage.path(key)
    except NotImplementedError:
        return None


def link(key: str, *, name: str, mime_type: str) -> str | None:
    """Where a client gets the bytes by itself for a minute, as a download called `name`; None on local disk.

    Raises FileNotFoundError, ServiceUnavailable: a link that leads nowhere would be worse than a refusal.
    """
    signed = getattr(default_storage, "signed_link", None)
    if signed is None:
        return None
    if not is_there(key):
        raise FileNotFoundError(key)
    return str(signed(key, name=name, mime_type=mime_type))


def place() -> str:
    """The storage in words, so that a person can tell whether it is the right one: its folder, or bucket and prefix."""
    named = getattr(default_storage, "place", None)
    return str(named) if named else f"the folder {default_storage.path('')}"


def days() -> Iterator[str]:
    """The days (`YYYY/MM/DD`) that have bytes. Raises ServiceUnavailable."""
    for year in _folders(""):
        for month in _folders(year):
            yield from _folders(month)


def keys_of(day: str) -> set[str]:
    """Every key of ours in a day's folder. Whatever else lies there is not ours to touch."""
    return {f"{day}/{name}" for name in _listed(day)[1] if moment_of(name) is not None}


def _folders(parent: str) -> list[str]:
    return [f"{parent}/{name}".lstrip("/") for name in sorted(_listed(parent)[0]) if name.isdigit()]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """The folders and the files in a folder; none where it does not exist."""
    with answering():
        try:
            return default_storage.listdir(folder)
        except FileNotFoundError:
            return [], []
