"""Authentication backend of Django's admin, with the same accounts, throttles and permissions as the API."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from skeleton.identity.models import User
from skeleton.identity.services import sessions
from skeleton.kernel.errors import DomainError


class RoleBackend(BaseBackend):
    """Signs users in by e-mail. Permissions come from the actor (`skeleton.backoffice`), never from Django's tables."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        if not username or not password:
            return None
        try:
            return sessions.authenticate(email=username, password=password)
        except DomainError:
            return None

    def get_user(self, user_id: UUID) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
