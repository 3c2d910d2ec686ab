"""Authentication of streams by ticket, because a browser's EventSource cannot send a token."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from messenger.services.tickets import StreamAuthorization, redeem_ticket
from skeleton.identity.queries import actor_by_session, actor_by_user
from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_request
from skeleton.kernel.errors import Unauthorized


class TicketAuthentication(BaseAuthentication):
    """Authenticates with `?ticket=`. A ticket is used up by the first request, even if it fails."""

    def authenticate(self, request: Request) -> tuple[Actor, StreamAuthorization] | None:
        text = request.query_params.get("ticket")
        if text is None:
            return None
        authorization = redeem_ticket(text)
        actor = _actor_behind(authorization) if authorization else None
        if actor is None:
            raise Unauthorized("The ticket is spent, or it has expired.")
        context = current_request.get()
        if context:
            context.user_id = str(actor.id)
        return actor, authorization  # type: ignore[return-value]  # there is no actor without one

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _actor_behind(authorization: StreamAuthorization) -> Actor | None:
    if authorization.session_id:
        return actor_by_session(authorization.session_id, authorization.user_id)
    return actor_by_user(authorization.user_id)
