"""The API of identity: authentication, users, roles."""

from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from skeleton.db.access import visible
from skeleton.identity.access import ROLES, SESSIONS, USERS
from skeleton.identity.filters import UserFilters
from skeleton.identity.permissions import VALID
from skeleton.identity.serializers import (
    AssignRoleInput,
    ChangePasswordInput,
    LoginInput,
    MeOutput,
    MessageOutput,
    RefreshInput,
    RegisterInput,
    RoleInput,
    RoleOutput,
    SessionOutput,
    TokenOutput,
    UserOutput,
    UserUpdateInput,
)
from skeleton.identity.services import accounts, roles, sessions
from skeleton.identity.tokens import TokenPair
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import NEWEST_FIRST, Sort, Sorting, everything
from skeleton.rest.operations import operation
from skeleton.rest.permissions import PUBLIC, SIGNED_IN, needs
from skeleton.rest.reading import Reader
from skeleton.rest.views import READ, WRITE, ApiView, ResourceView

MANAGE_ROLES = needs("roles:manage")
BY_NAME = Sort("name", Lower("name"))


class AuthView(ApiView):
    """Signing in and out, and everything about oneself."""

    tag = "Authentication"
    users = Reader(USERS, UserOutput)

    @operation("POST", "/register", access=PUBLIC, summary="Register", input=RegisterInput, output=TokenOutput,
               status=201, errors=(403, 409, 422, 429), secret=True)  # fmt: skip
    def register(self, request: Request) -> HttpResponse:
        accounts.require_open_registration()
        user = accounts.register(**self.parse())
        return self._signed_in(user.pk, sessions.open_session(user=user, device=self._device()), 201)

    @operation("POST", "/login", access=PUBLIC, summary="Log in", input=LoginInput, output=TokenOutput,
               errors=(401, 422, 429), secret=True)  # fmt: skip
    def login(self, request: Request) -> HttpResponse:
        user, pair = sessions.log_in(**self.parse(), device=self._device())
        return self._signed_in(user.pk, pair)

    @operation("POST", "/refresh", access=PUBLIC, summary="Get the next pair of tokens", input=RefreshInput,
               output=TokenOutput, errors=(401, 422, 429), secret=True)  # fmt: skip
    def refresh(self, request: Request) -> HttpResponse:
        user_id, pair = sessions.refresh(token=self.parse()["refresh_token"])
        return self._signed_in(user_id, pair)

    @operation("POST", "/logout", access=SIGNED_IN, summary="End this session", output=MessageOutput)
    def logout(self, request: Request) -> HttpResponse:
        session_id = self.actor.session_id
        if session_id:
            sessions.end_session(session_id=session_id, actor=self.actor)
        return JsonResponse({"message": "Logged out."})

    @operation("GET", "/me", access=SIGNED_IN, summary="Oneself, with permissions", output=MeOutput)
    def me(self, request: Request) -> HttpResponse:
        user = self.users.one(self.actor, self.actor.user_id)
        return JsonResponse({**user, "permissions": sorted(self.actor.permissions)})

    @operation("GET", "/sessions", access=SIGNED_IN, summary="One's own sessions", output=SessionOutput,
               envelope="list")  # fmt: skip
    def list_sessions(self, request: Request) -> HttpResponse:
        live = visible(SESSIONS, self.actor).filter(revoked_at=None, expires_at__gt=timezone.now()).order_by("-id")
        rows = live.values("id", "device", "ip", "created_at", "last_seen_at", "expires_at")
        data = [{**row, "current": row["id"] == self.actor.session_id} for row in rows]
        return JsonResponse({"data": data})

    @operation("DELETE", "/sessions/<pk>", access=SIGNED_IN, summary="End one of one's own sessions", status=204,
               envelope="none", errors=(404,))  # fmt: skip
    def end_session(self, request: Request, pk: str) -> HttpResponse:
        sessions.end_session(session_id=self.pk, actor=self.actor)
        return HttpResponse(status=204)

    @operation("POST", "/change-password", access=SIGNED_IN, summary="Change one's own password",
               input=ChangePasswordInput, output=MessageOutput, errors=(422, 429), secret=True)  # fmt: skip
    def change_password(self, request: Request) -> HttpResponse:
        accounts.change_password(actor=self.actor, **self.parse())
        return JsonResponse({"message": "The password is changed, and your other sessions have ended."})

    def _device(self) -> str:
        agent: str = self.request.META.get("HTTP_USER_AGENT", "")
        return agent.replace("\x00", "")

    def _signed_in(self, user_id: UUID, pair: TokenPair, status: int = 200) -> HttpResponse:
        body: dict[str, Any] = {
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "token_type": "Bearer",
            "expires_in": pair.expires_in,
            "user": self.users.one_of("all", None, user_id),
        }
        return JsonResponse(body, status)


class UserView(ResourceView):
    tag = "Users"
    resources = ("users",)
    gate = USERS
    output = UserOutput
    filterset = UserFilters
    sorting = Sorting({"name": Lower("name"), "email": Lower("email"), "created_at": F("created_at")}, NEWEST_FIRST)

    @operation("GET", "/<pk>", access=needs("users:read", or_oneself=True), summary="Read one", output="output",
               errors=(404,))  # fmt: skip
    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        return self.show(self.pk)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Change e-mail or name", input=UserUpdateInput,
               partial=True, output="output", errors=(404, 409, 422))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        accounts.update_user(user_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("PATCH", "/<pk>/activate", access=WRITE, summary="Switch an account on", output="output",
               errors=(404, 409))  # fmt: skip
    def activate(self, request: Request, pk: str) -> HttpResponse:
        accounts.activate_user(user_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("PATCH", "/<pk>/deactivate", access=WRITE, summary="Switch an account off", output="output",
               errors=(404, 409))  # fmt: skip
    def deactivate(self, request: Request, pk: str) -> HttpResponse:
        accounts.deactivate_user(user_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/roles", access=MANAGE_ROLES, summary="Give a role", input=AssignRoleInput,
               output="output", errors=(404, 409, 422))  # fmt: skip
    def assign_role(self, request: Request, pk: str) -> HttpResponse:
        accounts.assign_role(user_id=self.pk, role_id=self.parse()["role_id"], actor=self.actor)
        return self.show(self.pk)

    @operation("DELETE", "/<pk>/roles/<role_id>", access=MANAGE_ROLES, summary="Take a role away", output="output",
               errors=(404, 409))  # fmt: skip
    def remove_role(self, request: Request, pk: str, role_id: str) -> HttpResponse:
        accounts.remove_role(user_id=self.pk, role_id=self.path_id("role_id"), actor=self.actor)
        return self.show(self.pk)


class RoleView(ResourceView):
    tag = "Roles"
    resources = ("roles",)
    gate = ROLES
    output = RoleOutput
    sorting = Sorting({}, NEWEST_FIRST)

    @operation("GET", "", access=READ, summary="List all", output="output", envelope="list")
    def list(self, request: Request) -> HttpResponse:
        self.refuse_query()
        return JsonResponse({"data": self.reader().every(self.actor, everything(BY_NAME))})

    @operation("POST", "", access=MANAGE_ROLES, summary="Create", input=RoleInput, output="output", status=201,
               errors=(409, 422))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        return self.show(roles.create_role(values=self.parse(), actor=self.actor), 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=MANAGE_ROLES, summary="Change some fields", input=RoleInput,
               partial=True, output="output", errors=(404, 409, 422))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        roles.update_role(role_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("DELETE", "/<pk>", access=MANAGE_ROLES, summary="Delete", status=204, envelope="none",
               errors=(404, 409))  # fmt: skip
    def destroy(self, request: Request, pk: str) -> HttpResponse:
        roles.delete_role(role_id=self.pk, actor=self.actor)
        return HttpResponse(status=204)


class PermissionView(ApiView):
    tag = "Roles"

    @operation("GET", "", access=needs("roles:read"), summary="The valid permission strings", output=None,
               envelope="list")  # fmt: skip
    def list(self, request: Request) -> HttpResponse:
        return JsonResponse({"data": list(VALID)})
