"""The API of authentication, users and roles."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from skeleton.identity.filters import UserFilterSet
from skeleton.identity.models import Role, Session, User
from skeleton.identity.permissions import VALID_PERMISSIONS
from skeleton.identity.serializers import (
    AssignRoleInputSerializer,
    ChangePasswordInputSerializer,
    LoginInputSerializer,
    MeSerializer,
    MessageSerializer,
    RefreshInputSerializer,
    RegisterInputSerializer,
    RoleInputSerializer,
    RoleSerializer,
    SessionSerializer,
    TokenSerializer,
    UserSerializer,
    UserUpdateInputSerializer,
)
from skeleton.identity.services import accounts, roles, sessions
from skeleton.identity.tokens import TokenPair
from skeleton.rest.actions import action, describe
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import Ordering
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import PUBLIC, SIGNED_IN, HasPermission, require
from skeleton.rest.viewsets import ApiViewSet, DestroyMixin, ModelViewSet, ReadOnlyModelViewSet, UpdateMixin

MANAGE_ROLES = "roles:manage"
BY_NAME = Ordering("name", Lower("name"))


def _read_user(pk: UUID) -> dict[str, Any]:
    return compiled_query_of(UserSerializer).one(User.objects.with_role_names(), pk)


class AuthViewSet(ApiViewSet):
    """Authentication, and the user's own account."""

    tag = "Authentication"
    permission_classes = [HasPermission()]
    idempotent = False  # what is answered about sessions must be true now

    @action(
        detail=False,
        methods=["post"],
        permission=PUBLIC,
        summary="Register",
        input=RegisterInputSerializer,
        output=TokenSerializer,
        status=201,
        location="me",
        errors=(403, 409, 422, 429),
        secret=True,
        operation="register",
    )
    def register(self, request: Request) -> HttpResponse:
        accounts.require_open_registration()
        user = accounts.register(**self.parse())
        return self._signed_in(user.pk, sessions.open_session(user=user, device=self._device()), 201)

    @action(
        detail=False,
        methods=["post"],
        permission=PUBLIC,
        summary="Log in",
        input=LoginInputSerializer,
        output=TokenSerializer,
        errors=(401, 422, 429),
        secret=True,
        operation="login",
    )
    def login(self, request: Request) -> HttpResponse:
        user, pair = sessions.log_in(**self.parse(), device=self._device())
        return self._signed_in(user.pk, pair)

    @action(
        detail=False,
        methods=["post"],
        permission=PUBLIC,
        summary="Refresh the tokens",
        input=RefreshInputSerializer,
        output=TokenSerializer,
        errors=(401, 422, 429),
        secret=True,
        operation="refreshToken",
    )
    def refresh(self, request: Request) -> HttpResponse:
        user_id, pair = sessions.refresh(token=self.parse()["refresh_token"])
        return self._signed_in(user_id, pair)

    @action(
        detail=False,
        methods=["post"],
        permission=SIGNED_IN,
        summary="Log out",
        output=MessageSerializer,
        operation="logout",
    )
    def logout(self, request: Request) -> HttpResponse:
        session_id = self.actor.session_id
        if session_id:
            sessions.end_session(session_id=session_id, actor=self.actor)
        return JsonResponse({"message": "Logged out."})

    @action(
        detail=False,
        methods=["get"],
        permission=SIGNED_IN,
        summary="Get your profile and permissions",
        output=MeSerializer,
        operation="getCurrentUser",
    )
    def me(self, request: Request) -> HttpResponse:
        user = _read_user(self.actor.user_id)
        return JsonResponse({**user, "permissions": sorted(self.actor.permissions)})

    @action(
        detail=False,
        methods=["get"],
        url_path="sessions",
        permission=SIGNED_IN,
        summary="List your sessions",
        output=SessionSerializer,
        envelope="list",
        operation="listSessions",
    )
    def list_sessions(self, request: Request) -> HttpResponse:
        live = (
            Session.objects.visible_to(self.actor)
            .filter(revoked_at=None, expires_at__gt=timezone.now())
            .order_by("-id")
        )
        rows = live.values("id", "device", "ip", "created_at", "last_seen_at", "expires_at")
        data = [{**row, "current": row["id"] == self.actor.session_id} for row in rows]
        return JsonResponse({"data": data})

    @action(
        detail=False,
        methods=["delete"],
        url_path="sessions/<pk>",
        permission=SIGNED_IN,
        summary="End one of your sessions",
        status=204,
        envelope="none",
        errors=(404,),
        operation="endSession",
    )
    def end_session(self, request: Request, pk: str) -> HttpResponse:
        sessions.end_session(session_id=self.pk, actor=self.actor)
        return HttpResponse(status=204)

    @action(
        detail=False,
        methods=["post"],
        url_path="change-password",
        permission=SIGNED_IN,
        summary="Change your password",
        input=ChangePasswordInputSerializer,
        output=MessageSerializer,
        errors=(422, 429),
        secret=True,
        operation="changePassword",
    )
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
            "user": _read_user(user_id),
        }
        return JsonResponse(body, status)


class UserViewSet(UpdateMixin, ReadOnlyModelViewSet):
    tag = "Users"
    permission_classes = [HasPermission("users")]
    serializer_class = UserSerializer
    update_input_serializer_class = UserUpdateInputSerializer
    filterset_class = UserFilterSet
    ordering_fields = {"name": Lower("name"), "email": Lower("email"), "created_at": F("created_at")}

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return User.objects.visible_to(self.actor)

    @describe(permission=require("users:read", or_oneself=True))
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().retrieve(request, *args, **kwargs)

    @describe(summary="Change the e-mail address or the name")
    def perform_update(self, serializer: Any) -> None:
        accounts.update_user(user_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(detail=True, methods=["patch"], summary="Activate the account", errors=(404, 409))
    def activate(self, request: Request, pk: str) -> HttpResponse:
        accounts.activate_user(user_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(detail=True, methods=["patch"], summary="Deactivate the account", errors=(404, 409))
    def deactivate(self, request: Request, pk: str) -> HttpResponse:
        accounts.deactivate_user(user_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        url_path="roles",
        permission=MANAGE_ROLES,
        summary="Assign a role",
        input=AssignRoleInputSerializer,
        errors=(404, 409, 422),
        operation="assignRole",
    )
    def assign_role(self, request: Request, pk: str) -> HttpResponse:
        accounts.assign_role(user_id=self.pk, role_id=self.parse()["role_id"], actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["delete"],
        url_path="roles/<role_id>",
        permission=MANAGE_ROLES,
        summary="Remove a role",
        errors=(404, 409),
        operation="removeRole",
    )
    def remove_role(self, request: Request, pk: str, role_id: str) -> HttpResponse:
        accounts.remove_role(user_id=self.pk, role_id=self.path_id("role_id"), actor=self.actor)
        return self.show(self.pk)


class RoleViewSet(DestroyMixin, ModelViewSet):
    tag = "Roles"
    permission_classes = [HasPermission("roles", write="manage")]
    pagination_class = None
    ordering = BY_NAME
    serializer_class = RoleSerializer
    input_serializer_class = RoleInputSerializer

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Role.objects.visible_to(self.actor)

    @describe(summary="List all roles")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().list(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> Any:
        return roles.create_role(values=serializer.validated_data, actor=self.actor)

    def perform_update(self, serializer: Any) -> None:
        roles.update_role(role_id=self.pk, values=serializer.validated_data, actor=self.actor)

    def perform_destroy(self, instance: Any) -> None:
        roles.delete_role(role_id=self.pk, actor=self.actor)


class PermissionViewSet(ApiViewSet):
    tag = "Roles"
    permission_classes = [HasPermission("roles")]

    @describe(summary="List the valid permissions", output=None, envelope="list", operation="listPermissions")
    def list(self, request: Request) -> HttpResponse:
        return JsonResponse({"data": list(VALID_PERMISSIONS)})
