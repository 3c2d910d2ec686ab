"""Static files: looked up on the event loop among the collected files, and sent from disk by Granian."""

import mimetypes
import re
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from django.conf import settings

from skeleton.kernel.errors import MethodNotAllowed, NotFound
from skeleton.server.cycle import RequestCycle

IMMUTABLE_CACHE = "public, max-age=31536000, immutable"
REVALIDATE_CACHE = "public, no-cache"
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[^/]+\Z")  # as ManifestStaticFilesStorage names them


@dataclass(frozen=True, slots=True)
class StaticFile:
    path: str
    etag: str
    headers: list[tuple[str, str]]


class StaticFiles:
    """The files below `STATIC_ROOT`, by URL. The list is read once, when the server starts."""

    def __init__(self, root: Path, prefix: str) -> None:
        self.prefix = prefix
        self._files = {prefix + path.relative_to(root).as_posix(): _static_file(path) for path in _files_in(root)}

    @classmethod
    def collected(cls) -> "StaticFiles":
        """Return this installation's files; none if another server serves them (no `STATIC_ROOT`)."""
        return cls(Path(settings.STATIC_ROOT or "/nonexistent"), str(settings.STATIC_URL))

    def respond(self, cycle: RequestCycle) -> None:
        """Send the file at the request's path, or an error. Called on the event loop."""
        found = self._files.get(cycle.scope.path)
        if cycle.scope.method not in ("GET", "HEAD"):
            cycle.refuse(MethodNotAllowed())
        elif found is None:
            cycle.refuse(NotFound("There is no such file."))
        elif not cycle.claim_response():
            return
        elif found.etag in cycle.scope.headers.get("if-none-match", ""):
            cycle.proto.response_empty(304, found.headers)
        else:
            cycle.proto.response_file(200, found.headers, found.path)


def _files_in(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()] if root.is_dir() else []


def _static_file(path: Path) -> StaticFile:
    stat = path.stat()
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = [
        ("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") or "javascript" in kind else kind),
        ("Cache-Control", IMMUTABLE_CACHE if _HASHED.search(path.name) else REVALIDATE_CACHE),
        ("ETag", etag),
        ("Last-Modified", formatdate(stat.st_mtime, usegmt=True)),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return StaticFile(str(path), etag, headers)
