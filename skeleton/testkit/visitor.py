"""A test client of the back office with a signed-in user."""

from typing import Any

from django.test import Client

from skeleton.identity.models import User


class Visitor(Client):
    """A browser in which `user` is signed in."""

    def __init__(self, user: User, **options: Any) -> None:
        super().__init__(**options)
        self.user = user
        self.force_login(user)
