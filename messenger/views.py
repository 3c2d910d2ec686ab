"""The API of conversations and messages. What one is not in does not exist (404)."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from messenger import examples, services
from messenger.access import CONVERSATIONS, LEFT, MESSAGES, require_member
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
)
from skeleton.core.errors import BadRequest
from skeleton.core.ids import parse_uuid
from skeleton.core.listing import Sort, Sorting, parse_list_query
from skeleton.core.operations import operation
from skeleton.core.reading import Reader
from skeleton.core.serializers import Empty
from skeleton.core.views import READ, WRITE, ApiView, ResourceView

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
