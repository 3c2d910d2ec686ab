"""The API of conversations and messages. Conversations that you are not a member of are a 404."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from messenger import services, stream
from messenger.access import require_member
from messenger.authentication import TicketAuthentication
from messenger.filters import ConversationFilterSet, MessageFilterSet
from messenger.models import Conversation, Message
from messenger.serializers import (
    ChatMessageSerializer,
    ConversationInputSerializer,
    ConversationRowSerializer,
    ConversationSerializer,
    GroupInputSerializer,
    MemberInputSerializer,
    MessageInputSerializer,
    MessageUpdateInputSerializer,
    ReadInputSerializer,
    TicketSerializer,
)
from messenger.services.tickets import StreamAuthorization, issue_ticket
from skeleton.identity.authentication import TokenAuthentication
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.ids import parse_uuid
from skeleton.rest.actions import action, describe
from skeleton.rest.listing import Ordering
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.pagination import CursorPagination
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import EmptySerializer
from skeleton.rest.viewsets import ApiViewSet, CreateMixin, DestroyMixin, ListMixin, ReadOnlyModelViewSet
from skeleton.server.responses import EVENT_STREAM, StreamResponse

MOST_DIGITS = 18
"""Digits in an event's id, which is a 64-bit number."""

NEWEST_ACTIVITY_FIRST = Ordering("last_activity_at", "last_activity_at", descending=True)
NEWEST_FIRST = Ordering("seq", "seq", descending=True)


class ConversationViewSet(CreateMixin, ReadOnlyModelViewSet):
    tag = "Messenger"
    permission_classes = [HasPermission("messenger")]
    serializer_class = ConversationSerializer
    input_serializer_class = ConversationInputSerializer
    list_serializer_class = ConversationRowSerializer
    filterset_class = ConversationFilterSet
    ordering = NEWEST_ACTIVITY_FIRST
    extra_parameters: ClassVar[dict[str, Any]] = {
        "remove_member": (OpenApiParameter("user_id", UUID, description="Alternative to a request body."),)
    }

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Conversation.objects.visible_to(self.actor)

    @describe(summary="Start a conversation", also=(200,), errors=(409,))
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """A group has at least one other member, a direct conversation exactly one.

        If a direct conversation with that user exists, it is returned with 200.
        """
        pk, is_new = services.create_conversation(values=self.parse(), actor=self.actor)
        return self.show(pk, 201 if is_new else 200)

    @action(
        detail=True,
        methods=["put", "patch"],
        url_path="group",
        summary="Change a group's name and description",
        input=GroupInputSerializer,
        partial=True,
        errors=(404, 409),
        operation="updateGroup",
    )
    def update_group(self, request: Request, pk: str) -> HttpResponse:
        """Open to any member. Absent fields stay; null clears the description."""
        services.update_group(conversation_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(detail=True, methods=["patch"], summary="Archive", input=EmptySerializer, errors=(404, 409))
    def archive(self, request: Request, pk: str) -> HttpResponse:
        """Makes it read-only for all members. Open to the owner of a group and to both members of a direct one."""
        self.parse()
        services.archive_conversation(conversation_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(detail=True, methods=["patch"], summary="Unarchive", input=EmptySerializer, errors=(404, 409))
    def unarchive(self, request: Request, pk: str) -> HttpResponse:
        self.parse()
        services.unarchive_conversation(conversation_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        url_path="members",
        summary="Add a member",
        input=MemberInputSerializer,
        errors=(404, 409),
        operation="addMember",
    )
    def add_member(self, request: Request, pk: str) -> HttpResponse:
        """Owner only. The new member can see all earlier messages, which count as read.

        Somebody who was a member before can't see what was written in between.
        """
        services.add_member(conversation_id=self.pk, user_id=self.parse()["user_id"], actor=self.actor)
        return self.show(self.pk)

    @add_member.mapping.delete
    @describe(
        summary="Remove a member or leave",
        input=MemberInputSerializer,
        errors=(400, 404, 409),
        operation="removeMember",
    )
    def remove_member(self, request: Request, pk: str) -> HttpResponse:
        """Any member can leave; only the owner can remove others.

        If the owner leaves, the longest-standing member becomes the owner.
        """
        services.remove_member(conversation_id=self.pk, user_id=self._user_named(request), actor=self.actor)
        return self.answer(self.get_compiled_query().one(Conversation.objects.as_left_by(self.actor.user_id), self.pk))

    def _user_named(self, request: Request) -> UUID:
        """Return the user given in the query string or the body."""
        given = request.query_params.get("user_id")
        if given is None:
            found: UUID = self.parse()["user_id"]
            return found
        parsed = parse_uuid(given)
        if parsed is None:
            raise BadRequest("user_id is not valid.", details={"user_id": "Must be a UUID."})
        return parsed

    @action(
        detail=True,
        methods=["post"],
        permission="messenger:read",
        summary="Mark as read",
        input=ReadInputSerializer,
        errors=(404,),
        operation="markConversationRead",
        versioned=False,
    )
    def read(self, request: Request, pk: str) -> HttpResponse:
        """Marks everything up to `seq`. The mark never moves back. Sending a message also moves it."""
        services.mark_read(conversation_id=self.pk, seq=self.parse()["seq"], actor=self.actor)
        return self.show(self.pk)


class MessageViewSet(DestroyMixin, ListMixin):
    """The messages of a conversation."""

    tag = "Messenger"
    object_names = ("message", "messages")
    permission_classes = [HasPermission("messenger")]
    serializer_class = ChatMessageSerializer
    filterset_class = MessageFilterSet
    pagination_class = CursorPagination
    ordering = NEWEST_FIRST
    lookup_url_kwarg = "message_id"

    @property
    def conversation_id(self) -> UUID:
        return self.path_id("pk")

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Message.objects.visible_to(self.actor).within(self.conversation_id)

    @describe(summary="List messages", errors=(400, 404))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Newest first. Use `after=<seq>` for new messages."""
        return super().list(request, *args, **kwargs)

    def get_paginated_response(self, data: Any) -> Any:
        if not data["items"]:
            require_member(self.conversation_id, self.actor)
        return super().get_paginated_response(data)

    @describe(
        summary="Send a message",
        input=MessageInputSerializer,
        status=201,
        also=(200,),
        errors=(404, 409),
        operation="sendMessage",
        versioned=False,
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Text, your own files, or both. Repeating a `client_id` returns the first message with 200."""
        message_id, is_new = services.send_message(
            conversation_id=self.conversation_id, values=self.parse(), actor=self.actor
        )
        return self.show(message_id, 201 if is_new else 200)

    @describe(
        summary="Edit a message",
        input=MessageUpdateInputSerializer,
        partial=True,
        errors=(404, 409),
        operation="updateMessage",
        versioned=False,
    )
    def update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Your own messages only (403). Sets `edited_at`."""
        services.edit_message(
            conversation_id=self.conversation_id, message_id=self.pk, values=self.parse(), actor=self.actor
        )
        return self.show(self.pk)

    @describe(
        summary="Edit a message",
        input=MessageUpdateInputSerializer,
        partial=True,
        errors=(404, 409),
        operation="updateMessage",
        versioned=False,
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Your own messages only (403). Sets `edited_at`."""
        return self.update(request, *args, **kwargs)

    @describe(summary="Delete a message", errors=(404, 409), versioned=False)
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Your own messages only (403). The message keeps its `seq`, with `deleted_at` and without its content."""
        services.delete_message(conversation_id=self.conversation_id, message_id=self.pk, actor=self.actor)
        return HttpResponse(status=204)


class StreamViewSet(ApiViewSet):
    """The event stream and the tickets that open it."""

    tag = "Messenger"
    permission_classes = [HasPermission("messenger")]
    authentication_classes = (TicketAuthentication, TokenAuthentication)
    extra_parameters: ClassVar[dict[str, Any]] = {
        "events": (
            OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER, description="Resume after this event."),
            OpenApiParameter("last_event_id", int, description="The same, for clients that can't send the header."),
            OpenApiParameter("ticket", str, description="Alternative to a token, from POST /messenger/tickets."),
        )
    }

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Render errors as JSON, whatever an EventSource accepts."""
        return self.get_renderers()[0], "application/json"

    @action(
        detail=False,
        methods=["post"],
        url_path="tickets",
        permission="messenger:read",
        summary="Create a ticket for one stream",
        input=EmptySerializer,
        output=TicketSerializer,
        status=201,
        location="events",
        secret=True,
        operation="createStreamTicket",
    )
    def ticket(self, request: Request) -> HttpResponse:
        """Valid for one use within 30 seconds, and no longer than your session."""
        self.parse()
        ticket, expires_at = issue_ticket(authorization=self._authorization())
        return self.answer({"ticket": ticket, "expires_at": expires_at}, 201)

    @action(
        detail=False,
        methods=["get"],
        summary="Stream events",
        envelope="stream",
        errors=(400,),
        operation="streamMessengerEvents",
    )
    def events(self, request: Request) -> HttpResponseBase:
        """Server-sent events of your conversations, each with an `id` to resume from and JSON data.

        | event | data |
        | --- | --- |
        | `message.created`, `message.updated`, `message.deleted` | `conversation_id`, `message` in its current state |
        | `conversation.read` | `conversation_id`, `user_id`, `seq` |
        | `conversation.updated` | `conversation_id`, `conversation`: its name, owner, members, whether archived |
        | `stream.started` | none: the first event of every stream, with the id at which it begins |
        | `stream.reset` | none: sent instead if missed events are no longer available. Reload everything |

        With `Last-Event-ID` you get every event after that one; without it, events from now on. A stream ends with
        your session, and the server can end it at any time: reconnect with the last id. A heartbeat is sent every
        15 seconds.
        """
        if request.method == "HEAD":
            return HttpResponse(content_type=EVENT_STREAM)
        start = stream.start_stream(self._authorization(), self._last_event_id(request))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamResponse(start.replay(), start.attach, content_type=EVENT_STREAM, headers=headers)

    def _authorization(self) -> StreamAuthorization:
        authorization: StreamAuthorization | None = self.request.auth  # type: ignore[assignment]
        return authorization or StreamAuthorization(self.actor.user_id, self.actor.session_id)

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
