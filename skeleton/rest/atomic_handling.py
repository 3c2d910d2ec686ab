"""Runs the handler of a request in one transaction with what is stored about it, if a header asks for it.

DRF's life cycle is kept: `initial` checks the request, then `dispatch` calls the handler, which `wrap_handler` has
wrapped. An error of the handler leaves the transaction, which rolls it back, before `handle_exception` renders it.
"""

from collections.abc import Callable
from typing import ClassVar, cast

from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from rest_framework.request import Request
from rest_framework.response import Response

from skeleton.kernel.actors import Actor
from skeleton.rest.actions import ActionDescription
from skeleton.rest.idempotency import answer_once, key_of
from skeleton.rest.object_checks import ObjectLookup

WRITE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

Handler = Callable[..., HttpResponse]


class AtomicHandling(ObjectLookup):
    """Answers a write with an Idempotency-Key once."""

    idempotent: ClassVar[bool] = True
    """Whether writes take an Idempotency-Key, except for actions whose responses are `secret`."""

    @property
    def action_description(self) -> ActionDescription | None:
        raise NotImplementedError

    def takes_idempotency_key(self, method: str | None) -> bool:
        """Return whether the current action takes an Idempotency-Key. Others ignore it."""
        described = self.action_description
        return method in WRITE_METHODS and self.idempotent and described is not None and not described.secret

    def wrap_handler(self, request: Request) -> bool:
        """Wrap the handler of a request with an Idempotency-Key. Return False, and do nothing, for other requests.

        The wrapped handler checks the object too: a retry may find that the first request has deleted it.
        """
        method = request._request.method or ""
        if "HTTP_IDEMPOTENCY_KEY" not in request.META or not isinstance(request.user, Actor):
            return False
        if not self.takes_idempotency_key(method):
            return False
        caller_id, key, handler = request.user.user_id, key_of(request.META), getattr(self, method.lower())

        def handle_once(request: Request, *args: object, **kwargs: object) -> HttpResponse:
            return answer_once(request, caller_id, key, lambda: self._rendered(handler, *args, **kwargs))

        setattr(self, method.lower(), handle_once)
        return True

    def _rendered(self, handler: Handler, *args: object, **kwargs: object) -> HttpResponse:
        """Run the handler and return its response as it is sent."""
        self.check_object()
        answered = cast(Response, handler(self.request, *args, **kwargs))
        response: HttpResponse = self.finalize_response(self.request, answered, *args, **kwargs)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response
