"""Runs the handler of a request in one transaction with what is stored about it, if a header asks for it.

DRF's life cycle is kept: `initial` checks the request, then `dispatch` calls the handler, which `wrap_handler` has
wrapped. An error of the handler leaves the transaction, which rolls it back, before `handle_exception` renders it.
"""

from collections.abc import Callable
from typing import ClassVar, cast

from django.db import transaction
from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from rest_framework.request import Request
from rest_framework.response import Response

from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.preconditions import checked_when_locked
from skeleton.kernel.transactions import request_transaction
from skeleton.rest.actions import BY_CLASS, ActionDescription, description_of
from skeleton.rest.etags import etag_of, if_match_of, not_modified, object_route, precondition_of, readers
from skeleton.rest.http import JsonResponse
from skeleton.rest.idempotency import answer_once, key_of
from skeleton.rest.object_checks import ObjectLookup

READ_METHODS = ("GET", "HEAD")
WRITE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

Handler = Callable[..., HttpResponse]


class AtomicHandling(ObjectLookup):
    """Answers a write with an Idempotency-Key once, and compares If-Match. Gives single objects an ETag."""

    action_map: dict[str, str]

    idempotent: ClassVar[bool] = True
    """Whether writes take an Idempotency-Key, except for actions whose responses are `secret`."""

    @property
    def action_description(self) -> ActionDescription | None:
        raise NotImplementedError

    def get_output_serializer_class(self) -> type[object]:
        raise NotImplementedError

    def takes_idempotency_key(self, method: str | None) -> bool:
        """Return whether the current action takes an Idempotency-Key. Others ignore it."""
        described = self.action_description
        return method in WRITE_METHODS and self.idempotent and described is not None and not described.secret

    def takes_if_match(self, method: str | None, route: str) -> bool:
        """Return whether the current action is about an object with an ETag, at `route`. Others refuse If-Match."""
        described = self.action_description
        compared = described is not None and described.versioned and self.idempotent
        return method in WRITE_METHODS and compared and object_route(route) in readers()

    def answers_whole_object(self, method: str | None) -> bool:
        """Return whether the response of the current action is an object as its GET gives it."""
        described = self.action_description
        if described is None or described.envelope != "object" or described.secret:
            return False
        if method in READ_METHODS:
            return True
        read = description_of(type(self), self.action_map.get("get", "retrieve"))
        read = read if read and read.envelope == "object" else description_of(type(self), "retrieve")
        return read is not None and read.output == BY_CLASS and self._answers_object(described.output)

    def _answers_object(self, output: object) -> bool:
        """Return whether `output` is the viewset's serializer, or says more about a new object."""
        if output == BY_CLASS:
            return True
        return (
            self.action == "create"
            and isinstance(output, type)
            and issubclass(output, self.get_output_serializer_class())
        )

    def with_etag(self, request: Request, response: HttpResponse) -> HttpResponse:
        """Add the ETag to the response with a whole object. Return 304 instead if the client has it."""
        method = request._request.method
        if not isinstance(response, JsonResponse) or response.status_code not in (200, 201):
            return response
        if not self.answers_whole_object(method):
            return response
        if not response.has_header("ETag"):
            response.headers["ETag"] = etag_of(response.content)
        return (method in READ_METHODS and not_modified(request, response)) or response

    def wrap_handler(self, request: Request) -> bool:
        """Wrap the handler of a write with an Idempotency-Key or If-Match. Return False, and do nothing, for others.

        The wrapped handler checks the object too: a retry may find that the first request has deleted it.
        """
        method = request._request.method or ""
        if method not in WRITE_METHODS or not isinstance(request.user, Actor):
            return False
        actor, handler = request.user, getattr(self, method.lower(), None)
        key, if_match = self._key(request, method), self._if_match(request, method)
        if handler is None or (key is None and if_match is None):
            return False

        def handle(request: Request, *args: object, **kwargs: object) -> HttpResponse:
            def answer() -> HttpResponse:
                return self._answer_if_matching(if_match, handler, *args, **kwargs)

            return answer_once(request, actor.user_id, key, answer) if key else _in_one_transaction(answer)

        setattr(self, method.lower(), handle)
        return True

    def _key(self, request: Request, method: str) -> str | None:
        has_key = "HTTP_IDEMPOTENCY_KEY" in request.META and self.takes_idempotency_key(method)
        return key_of(request.META) if has_key else None

    def _if_match(self, request: Request, method: str) -> str | None:
        """Return If-Match, or None. Raises BadRequest if the action can't compare it."""
        if "HTTP_IF_MATCH" not in request.META:
            return None
        match = request._request.resolver_match
        if match is None or not self.takes_if_match(method, match.route):
            raise BadRequest("If-Match is for changes of a single object that has an ETag. Leave it out here.")
        return if_match_of(request.META)

    def _answer_if_matching(
        self, if_match: str | None, handler: Handler, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Run the handler, which compares the object's ETag with `if_match` when it locks the row."""
        if if_match is None:
            return self._rendered(handler, *args, **kwargs)
        precondition = precondition_of(self.request, if_match)
        with checked_when_locked(precondition):
            response = self._rendered(handler, *args, **kwargs)
        if response.status_code < 400 and not precondition.checked:
            raise TypeError(f"{type(self).__name__}.{self.action} changes its object without locking its row")
        return response

    def _rendered(self, handler: Handler, *args: object, **kwargs: object) -> HttpResponse:
        """Run the handler and return its response as it is sent."""
        self.check_object()
        answered = cast(Response, handler(self.request, *args, **kwargs))
        response: HttpResponse = self.finalize_response(self.request, answered, *args, **kwargs)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response


def _in_one_transaction(answer: Callable[[], HttpResponse]) -> HttpResponse:
    with request_transaction():
        response = answer()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response
