"""The company that the refusals are about: everything in it has a name that reads like a sentence."""

from dataclasses import dataclass
from typing import Any

from skeleton.identity.tests.factories import PASSWORD
from tests.writes import WRITES, Body, RequestFactory, World

NAME = "This is Digital {name} %(name)s Ltd"
"""A name that is English, and a template besides."""


@dataclass
class NamedWorld(World):
    """A world in which whatever has a name has `NAME`."""

    def create(self, path: str, body: Body = None, status: int = 201) -> str:
        named = {**body, "name": _named(body["name"])} if body and "name" in body else body
        return super().create(path, named, status)


def _named(name: Any) -> Any:
    """Return `NAME` with the number of `name`, so that it stays unique."""
    number = name.rpartition(" ")[2] if isinstance(name, str) else ""
    return name if isinstance(name, dict) else f"{NAME} {number}" if number.isdigit() else NAME


UNAUDITED: dict[str, RequestFactory] = {
    "POST /auth/login": lambda w: ("/auth/login", {"email": w.chief.user.email, "password": PASSWORD}),
    "POST /auth/refresh": lambda w: ("/auth/refresh", {"refresh_token": "none"}),
    "POST /auth/register": lambda w: ("/auth/register", {"email": "n@example.com", "password": PASSWORD, "name": "N"}),
    "POST /files": lambda w: ("/files", {"purpose": "Test"}),
    "POST /conversations/{id}/read": lambda w: (f"/conversations/{w.conversation()}/read", {"seq": 1}),
    "POST /conversations/{id}/messages": lambda w: (f"/conversations/{w.conversation()}/messages", {"content": "Hi"}),
}
"""Requests with a body that leave no audit entry, and so are not in `tests.writes`."""

REQUESTS = {**WRITES, **UNAUDITED}
