"""Sends a request in three languages and reads its error messages."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.functional import Promise
from django.utils.translation import override

from skeleton.kernel.errors import DomainError
from skeleton.rest.handler import handle, to_domain_error
from skeleton.testkit.client import Answer, ApiClient
from tests.refusals.language import LANGUAGES

Texts = dict[str, str]
"""Texts by field. The message is that of the field `message`."""

HANDLER = f"{__name__}.listen"
"""For DRF's setting EXCEPTION_HANDLER."""

_heard: list[DomainError] = []


def listen(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler, as in production, but remembers the error that was answered."""
    error = to_domain_error(exc)
    if error is not None:
        _heard.append(error)
    return handle(exc, context)


def refused_in(client: ApiClient, method: str, path: str, body: object, language: str) -> Texts:
    """Return the texts of a refusal in a language, as the back office would show them; empty if nothing is refused.

    In English they are those of the answer, which nothing that a client sends can turn into another language.
    """
    _heard.clear()
    english = language == "en"
    with transaction.atomic(), nullcontext() if english else override(language):
        answer = _send(client, method, path, body, {"Accept-Language": LANGUAGES[-1] if english else language})
        transaction.set_rollback(True)
        if answer.status < 400:
            return {}
        assert len(_heard) == 1, f"{method} {path}: not answered by the exception handler: {answer}"
        error = _heard[0]
        given = answer.data if english else {"message": error.message, "details": error.details}
        return dict(_texts(given))


def _texts(error: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "message", str(error["message"])
    for path, text in (error.get("details") or {}).items():
        if isinstance(text, (str, Promise)):
            yield path, str(text)


def _send(client: ApiClient, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
    if path != "/files":
        return client.call(method, path, body, headers=headers)
    parts = {name: value for name, value in body.items() if value is not None} if isinstance(body, dict) else {}
    return client.call(method, path, encode_multipart(BOUNDARY, parts), headers=headers, content_type=MULTIPART_CONTENT)
