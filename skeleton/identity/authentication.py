"""Authentication by bearer token. The session is looked up on every request, so ending it takes effect immediately."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from skeleton.identity.queries import actor_by_session
from skeleton.identity.tokens import read_access
from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_request
from skeleton.kernel.errors import Unauthorized

_SCHEME = "bearer "


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`. One query gives user, session and permissions."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthorized("Use the scheme Bearer.")
        claims = read_access(header[len(_SCHEME) :].strip())
        actor = actor_by_session(claims.session_id, claims.user_id)
        if actor is None:
            raise Unauthorized("The session has ended.")
        context = current_request.get()
        if context:
            context.user_id = str(actor.id)
        return actor, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
