"""Users and roles for tests."""

from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from factory.declarations import LazyFunction, Sequence
from factory.django import DjangoModelFactory

from skeleton.identity.models import Role, User, UserRole
from skeleton.identity.queries import actor_by_user
from skeleton.identity.services import sessions
from skeleton.identity.services.roles import seed_default_roles
from skeleton.kernel.actors import Actor
from skeleton.testkit.client import ApiClient

PASSWORD = "correct horse battery"


@cache
def hashed_password() -> str:
    return make_password(PASSWORD, hasher="argon2")


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = Sequence(lambda n: f"user{n}@example.com")
    name = Sequence(lambda n: f"User {n}")
    password = LazyFunction(hashed_password)


class RoleFactory(DjangoModelFactory[Role]):
    class Meta:
        model = Role

    name = Sequence(lambda n: f"role {n}")


def user_with(*permissions: str, **fields: Any) -> User:
    """Create a user with exactly these permissions."""
    user = UserFactory.create(**fields)
    if permissions:
        UserRole.objects.create(user=user, role=RoleFactory.create(permissions=list(permissions)))
    return user


def user_in_role(role: str, **fields: Any) -> User:
    """Create a user with one of the default roles."""
    seed_default_roles()
    user = UserFactory.create(**fields)
    UserRole.objects.create(user=user, role=Role.objects.get(name=role))
    return user


def client_of(user: User) -> ApiClient:
    """Return an API client that is signed in as `user`."""
    return ApiClient(sessions.open_session(user=user).access, user)


def actor_of(user: User) -> Actor:
    found = actor_by_user(user.pk)
    assert found is not None
    return found
