"""The API of conversations and messages. What one is not in does not exist (404)."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from messenger import examples, services, stream
from messenger.access import CONVERSATIONS, LEFT, MESSAGES, require_member
from messenger.authentication import TicketAuthentication
from messenger.filters import ConversationFilters, MessageFilters, MessagesOfOne
from messenger.serializers import (
    ChatMessageOutput,
    ConversationInput,
    ConversationOutput,
    ConversationRowOutput,
    GroupInput,
    MemberInput,
    MessageInput,
    MessageUpdateInput,
    ReadInput,
    TicketOutput,
)
from messenger.services.tickets import Standing, issue_ticket
from skeleton.identity.authentication import TokenAuthentication
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.ids import parse_uuid
from skeleton.rest.listing import Sort, Sorting, parse_list_query
from skeleton.rest.operations import operation
from skeleton.rest.reading import Reader
from skeleton.rest.serializers import Empty
from skeleton.rest.views import READ, WRITE, ApiView, ResourceView
from skeleton.server.responses import StreamResponse

EVENT_STREAM = "text/event-stream"
MOST_DIGITS = 18
"""Of an event's id, which is a 64-bit number."""

NEWEST_ACTIVITY_FIRST = Sort("last_activity_at", "last_activity_at", descending=True)
NEWEST_FIRST = Sort("seq", "seq", descending=True)


class ConversationView(ResourceView):
    tag = "Messenger"
    resources = ("messenger",)
    gate = CONVERSATIONS
    output = ConversationOutput
    list_output = ConversationRowOutput
    filterset = ConversationFilters
    sorting = Sorting(keys={}, default=NEWEST_ACTIVITY_FIRST)
    extra_parameters: ClassVar[dict[str, Any]] = {
        "remove_member": (OpenApiParameter("user_id", UUID, description="Instead of a body."),)
    }

    @operation("POST", "", access=WRITE, summary="Begin a conversation", input=ConversationInput, output="output",
               status=201, also=(200,), errors=(409,), examples=(examples.GROUP,))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        """With at least one other user. A direct one is with exactly one, and the second time the same, with 200."""
        pk, is_new = services.create_conversation(values=self.parse(), actor=self.actor)
        return self.show(pk, 201 if is_new else 200)

    @operation(("PUT", "PATCH"), "/<pk>/group", access=WRITE, summary="Change a group's name and description",
               input=GroupInput, partial=True, output="output", errors=(404, 409),
               examples=(examples.RENAMED,))  # fmt: skip
    def update_group(self, request: Request, pk: str) -> HttpResponse:
        """Any member may. Absent fields stay; null clears the description."""
        services.update_group(conversation_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("PATCH", "/<pk>/archive", access=WRITE, summary="Archive", input=Empty, output="output",
               errors=(404, 409))  # fmt: skip
    def archive(self, request: Request, pk: str) -> HttpResponse:
        """For everybody in it: it can be read, not written to. A group's owner may, and either side of a direct one."""
        self.parse()
        services.archive_conversation(conversation_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("PATCH", "/<pk>/unarchive", access=WRITE, summary="Open again", input=Empty, output="output",
               errors=(404, 409))  # fmt: skip
    def unarchive(self, request: Request, pk: str) -> HttpResponse:
        self.parse()
        services.unarchive_conversation(conversation_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/members", access=WRITE, summary="Add a member", input=MemberInput, output="output",
               errors=(404, 409))  # fmt: skip
    def add_member(self, request: Request, pk: str) -> HttpResponse:
        """The owner may. Who comes sees everything that was written, and counts it as read."""
        services.add_member(conversation_id=self.pk, user_id=self.parse()["user_id"], actor=self.actor)
        return self.show(self.pk)

    @operation("DELETE", "/<pk>/members", access=WRITE, summary="Remove a member, or leave", input=MemberInput,
               output="output", errors=(400, 404, 409))  # fmt: skip
    def remove_member(self, request: Request, pk: str) -> HttpResponse:
        """Anybody may leave, the owner removes others. An owner who leaves hands over to the longest-standing one."""
        services.remove_member(conversation_id=self.pk, user_id=self._user_named(request), actor=self.actor)
        return self.answer(self.reader().one_of(LEFT, self.actor.id, self.pk))

    def _user_named(self, request: Request) -> UUID:
        """By the query string or by the body."""
        given = request.query_params.get("user_id")
        if given is None:
            found: UUID = self.parse()["user_id"]
            return found
        parsed = parse_uuid(given)
        if parsed is None:
            raise BadRequest("user_id is not valid.", details={"user_id": "Must be a UUID."})
        return parsed

    @operation("POST", "/<pk>/read", access=READ, summary="Mark as read", input=ReadInput, output="output",
               errors=(404,))  # fmt: skip
    def read(self, request: Request, pk: str) -> HttpResponse:
        """Everything up to `seq`. A mark never moves back; sending moves it as well."""
        services.mark_read(conversation_id=self.pk, seq=self.parse()["seq"], actor=self.actor)
        return self.show(self.pk)


class MessageView(ApiView):
    tag = "Messenger"
    resources = ("messenger",)
    output = ChatMessageOutput
    filterset = MessageFilters
    sorting = Sorting(keys={}, default=NEWEST_FIRST)
    cursor_only = True
    reader: ClassVar[Reader] = Reader(MESSAGES, ChatMessageOutput, filterset=MessagesOfOne)

    @operation("GET", "", access=READ, summary="Messages", output="output", envelope="cursor", errors=(400, 404))
    def list(self, request: Request, pk: str) -> HttpResponse:
        """Newest first; `after=<seq>` for what is new."""
        query = parse_list_query(request.query_params, filterset=self.filterset, sorting=self.sorting, cursor_only=True)
        within = replace(query, filters={**query.filters, "conversation_id": self.pk})
        found = self.reader.after(self.actor, within)
        if not found["items"]:
            require_member(self.pk, self.actor)
        return self.answer(found)

    @operation("POST", "", access=WRITE, summary="Send", input=MessageInput, output="output", status=201, also=(200,),
               errors=(404, 409), examples=(examples.MESSAGE,))  # fmt: skip
    def send(self, request: Request, pk: str) -> HttpResponse:
        """Text, files of one's own, or both. The same `client_id` again answers 200 with the first message."""
        message_id, is_new = services.send_message(conversation_id=self.pk, values=self.parse(), actor=self.actor)
        return self._show(message_id, 201 if is_new else 200)

    @operation(("PATCH", "PUT"), "/<message_id>", access=WRITE, summary="Edit", input=MessageUpdateInput, partial=True,
               output="output", errors=(404, 409))  # fmt: skip
    def update(self, request: Request, pk: str, message_id: str) -> HttpResponse:
        """One's own (403); it is marked with `edited_at`."""
        found = self.path_id("message_id")
        services.edit_message(conversation_id=self.pk, message_id=found, values=self.parse(), actor=self.actor)
        return self._show(found)

    @operation("DELETE", "/<message_id>", access=WRITE, summary="Delete", status=204, envelope="none",
               errors=(404, 409))  # fmt: skip
    def destroy(self, request: Request, pk: str, message_id: str) -> HttpResponse:
        """One's own (403). Its place stays, with `deleted_at` and without its content."""
        services.delete_message(conversation_id=self.pk, message_id=self.path_id("message_id"), actor=self.actor)
        return HttpResponse(status=204)

    def _show(self, message_id: UUID, status: int = 200) -> HttpResponse:
        return self.answer(self.reader.one(self.actor, message_id), status)


class StreamView(ApiView):
    """The stream of events, and the tickets that open it."""

    tag = "Messenger"
    resources = ("messenger",)
    authentication_classes = (TicketAuthentication, TokenAuthentication)
    extra_parameters: ClassVar[dict[str, Any]] = {
        "events": (
            OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER, description="Go on behind this event."),
            OpenApiParameter("last_event_id", int, description="The same, for who cannot send a header."),
            OpenApiParameter("ticket", str, description="Instead of a token; from POST /messenger/tickets."),
        )
    }

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Refusals are JSON, whatever an EventSource says that it accepts."""
        return self.get_renderers()[0], "application/json"

    @operation("POST", "/tickets", access=READ, summary="A ticket for one stream", input=Empty, output=TicketOutput,
               status=201, secret=True)  # fmt: skip
    def ticket(self, request: Request) -> HttpResponse:
        """Good for one use within 30 seconds, and no longer than your session."""
        self.parse()
        ticket, expires_at = issue_ticket(standing=self._standing())
        return self.answer({"ticket": ticket, "expires_at": expires_at}, 201)

    @operation("GET", "/events", access=READ, summary="What happens, as it happens", envelope="stream", errors=(400,))
    def events(self, request: Request) -> HttpResponseBase:
        """Server-sent events of your conversations, each with an `id` to resume from and JSON data.

        | event | data |
        | --- | --- |
        | `message.created`, `message.updated`, `message.deleted` | `conversation_id`, `message` as it is now |
        | `conversation.read` | `conversation_id`, `user_id`, `seq` |
        | `conversation.updated` | `conversation_id`, `conversation`: its name, owner, members, whether archived |
        | `stream.started` | nothing: the first of every stream, with the id where it begins |
        | `stream.reset` | nothing: instead of that, where what you missed is no longer known: load anew |

        With `Last-Event-ID` you get exactly what came after that event; without, what comes from now on. A stream ends
        when your session does, and at times by itself: come back with the last id. Every 15 seconds there is a sign of
        life.
        """
        if request.method == "HEAD":
            return HttpResponse(content_type=EVENT_STREAM)
        start = stream.begin(self._standing(), self._last_event_id(request))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamResponse(start.now(), start.follow, content_type=EVENT_STREAM, headers=headers)

    def _standing(self) -> Standing:
        standing: Standing | None = self.request.auth  # type: ignore[assignment]
        return standing or Standing(self.actor.user_id, self.actor.session_id)

    def _last_event_id(self, request: Request) -> int | None:
        unknown = [name for name in request.query_params if name not in ("ticket", "last_event_id")]
        if unknown:
            details = dict.fromkeys(unknown, "Unknown parameter")
            raise BadRequest(f"Unknown query parameter: {unknown[0]}.", details=details)
        text: str = request.META.get("HTTP_LAST_EVENT_ID") or request.query_params.get("last_event_id") or ""
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            raise BadRequest("Last-Event-ID is not one of ours.", details={"last_event_id": "Is not one of ours."})
        return int(text)
