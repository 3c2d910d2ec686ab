"""Idempotent requests: a write with an `Idempotency-Key` takes effect once, and its retries get the first answer.

The answer is stored in the transaction of the effect, so both exist or neither, whichever process dies in between. An
advisory lock on the caller and the key, held until the transaction ends, keeps a retry from running beside the first
request. A refused request stores nothing, so it can be corrected and sent again with its key.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from skeleton.db.models import IdempotentAnswer
from skeleton.kernel.errors import BadRequest, Conflict, IdempotencyMismatch
from skeleton.kernel.transactions import check_deferred_constraints, request_transaction

KEPT = dt.timedelta(hours=24)
REPLAYED = "Idempotency-Replayed"
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Cache-Control", "Content-Disposition")
"""The headers of an answer that are stored with it. The others are about one request, such as X-Request-ID."""

_KEY = re.compile(r"[!-~]{1,255}\Z")
_RUNNING = _("A request with this Idempotency-Key is still running. Try again shortly.")
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


def key_of(headers: Mapping[str, str]) -> str:
    """Return the Idempotency-Key. Raises BadRequest if it is malformed. `headers` is the WSGI environment."""
    key = headers["HTTP_IDEMPOTENCY_KEY"]
    if not _KEY.match(key):
        raise BadRequest("Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.")
    return key


def answer_once(request: Request, caller_id: UUID, key: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the stored answer to this request, or run `answer`, which returns it rendered, and store it.

    Raises IdempotencyMismatch (the key was used for another request) and Conflict (the request is still running).
    """
    fingerprint = fingerprint_of(request)  # first: a large body may have to be received, and the request run again
    with request_transaction():
        _lock(caller_id, key)
        stored = _find(caller_id, key)
        if stored is None:
            return _run_and_store(caller_id, key, fingerprint, answer)
    _close_files(request)
    if bytes(stored.fingerprint) != fingerprint:
        raise IdempotencyMismatch
    headers = {**stored.headers, REPLAYED: "true"}
    return HttpResponse(bytes(stored.body), status=stored.status, headers=headers)


def fingerprint_of(request: Request) -> bytes:
    """Return a hash of method, path, query and body; of a multipart body, of the names and contents of its parts."""
    meta = request.META
    found = hashlib.sha256()
    for part in (meta["REQUEST_METHOD"], request.path, meta.get("QUERY_STRING", "")):
        found.update(part.encode() + b"\0")
    if _is_multipart(request):
        for name, value in sorted(_parts(request).items()):
            found.update(repr((name, _content_of(value))).encode())
    else:
        found.update(request._request.body)
    return found.digest()


def delete_expired_answers() -> None:
    """Delete the answers that have been kept for long enough."""
    IdempotentAnswer.objects.filter(created_at__lte=timezone.now() - KEPT).delete()


def _is_multipart(request: Request) -> bool:
    return str(request.META.get("CONTENT_TYPE", "")).lower().startswith("multipart/")


def _parts(request: Request) -> dict[str, object]:
    """Return the parts of a multipart body by name."""
    return cast(dict[str, object], request.data)


def _content_of(value: object) -> object:
    """Return what identifies a part of a multipart body. The parser of uploads has hashed a file as it came."""
    if not isinstance(value, UploadedFile):
        return value
    checksum = getattr(value, "checksum", "") or hashlib.sha256(value.read()).hexdigest()
    value.seek(0)
    return value.name, checksum


def _lock(caller_id: UUID, key: str) -> None:
    """Take the lock of the key until the transaction ends. Raises Conflict if another request has it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"idempotency:{caller_id}:{key}"])
        if not cursor.fetchone()[0]:
            raise Conflict(_RUNNING, retry_after=1)


def _find(caller_id: UUID, key: str) -> IdempotentAnswer | None:
    """Return the stored answer. This statement comes after the lock, so it sees what the last holder committed."""
    stored = IdempotentAnswer.objects.filter(caller_id=caller_id, key=key).first()
    if stored and stored.created_at <= timezone.now() - KEPT:
        stored.delete()
        return None
    return stored


def _run_and_store(caller_id: UUID, key: str, fingerprint: bytes, answer: Callable[[], HttpResponse]) -> HttpResponse:
    response = answer()
    if response.status_code >= 400:
        transaction.set_rollback(True)
        return response
    check_deferred_constraints()
    IdempotentAnswer.objects.create(
        caller_id=caller_id,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        body=response.content,
        created_at=timezone.now(),
    )
    return response


def _close_files(request: Request) -> None:
    """Close the files of an upload that is not stored again."""
    for value in _parts(request).values() if _is_multipart(request) else ():
        if isinstance(value, UploadedFile):
            value.close()
