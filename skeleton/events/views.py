"""The API of the event log."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from skeleton.events.log import log_state
from skeleton.events.parameters import (
    LIST_PARAMETERS,
    STREAM_PARAMETERS,
    parse_limit,
    parse_position,
    parse_selection,
    refuse_others,
    require_covered,
)
from skeleton.events.queries import events_after
from skeleton.events.sequencer import append_now
from skeleton.events.serializers import EventPageSerializer
from skeleton.events.streams import SessionAuthorization, StreamStart
from skeleton.kernel.errors import Forbidden
from skeleton.kernel.transactions import read_snapshot
from skeleton.rest.actions import action
from skeleton.rest.permissions import SIGNED_IN, HasPermission
from skeleton.rest.viewsets import ApiViewSet
from skeleton.server.responses import EVENT_STREAM, StreamResponse


class EventViewSet(ApiViewSet):
    tag = "Events"
    object_names = ("event", "events")
    permission_classes = [HasPermission(SIGNED_IN)]
    extra_parameters: ClassVar[dict[str, Any]] = {"events": LIST_PARAMETERS}

    @action(
        detail=False,
        methods=["get"],
        summary="List events",
        output=EventPageSerializer,
        errors=(400, 410),
        operation="listEvents",
    )
    def events(self, request: Request) -> HttpResponse:
        """What changed, oldest first: one event for each object that a transaction changed.

        You see an event exactly if you may read its object now, or could until it was deleted. Read the next page with
        `after=<next_after>`. No event ever appears at or below a position that you have read. A page can be empty while
        `has_more` is true, if you may see few of the events.

        To copy all data, note `newest`, read the lists, and then follow the events after it. After a 410 `gone` do so
        again: events are kept for 90 days, and positions from before a restore are not valid.
        """
        query = request.query_params
        refuse_others(query, LIST_PARAMETERS)
        selection, limit = parse_selection(query), parse_limit(query)
        after = parse_position(query.get("after"), "after")
        with read_snapshot():
            state = log_state()
            start = state.start if after is None else require_covered(state, after)
            page = events_after(start, state, selection, self.actor, limit)
        return self.answer(
            {"items": page.events, "next_after": page.reached, "has_more": page.has_more, "newest": page.newest}
        )


class EventStreamViewSet(ApiViewSet):
    tag = "Events"
    object_names = ("event", "events")
    permission_classes = [HasPermission(SIGNED_IN)]
    extra_parameters: ClassVar[dict[str, Any]] = {"stream": STREAM_PARAMETERS}

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Render errors as JSON, whatever an EventSource accepts."""
        return self.get_renderers()[0], "application/json"

    @action(
        detail=False,
        methods=["get"],
        summary="Stream events",
        envelope="stream",
        errors=(400, 410),
        operation="streamEvents",
    )
    def stream(self, request: Request) -> HttpResponseBase:
        """The same events as server-sent events, as they happen: `id` is the position, `event` the type.

        With `Last-Event-ID` you get every event after that one; without it, events from now on. A stream ends with
        your session, and the server can end it at any time: reconnect with the last id. A heartbeat, sent every 15
        seconds, has an id too.
        """
        query = request.query_params
        refuse_others(query, STREAM_PARAMETERS)
        selection = parse_selection(query)
        text = request.META.get("HTTP_LAST_EVENT_ID") or query.get("last_event_id")
        last = parse_position(text, "last_event_id")
        if last is None:
            append_now()  # what is committed already isn't new
        state = log_state()
        start = state.newest if last is None else require_covered(state, last)
        if request.method == "HEAD":
            return HttpResponse(content_type=EVENT_STREAM)
        begun = StreamStart(self._authorization(), start, state.newest, selection, self.actor)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamResponse(begun.replay(), begun.attach, content_type=EVENT_STREAM, headers=headers)

    def _authorization(self) -> SessionAuthorization:
        if self.actor.session_id is None:
            raise Forbidden
        return SessionAuthorization(self.actor.user_id, self.actor.session_id)
