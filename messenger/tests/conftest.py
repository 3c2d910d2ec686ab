"""Fixtures: three members of conversations, and an outsider."""

from collections.abc import Callable
from typing import Any

import pytest

from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.testkit.client import ApiClient


@pytest.fixture
def olha(owner: ApiClient) -> ApiClient:
    """The super administrator, who is an outsider like anyone else in conversations without her."""
    return owner


@pytest.fixture
def carl(colleague: ApiClient) -> ApiClient:
    return colleague


@pytest.fixture
def dora(db: None) -> ApiClient:
    return client_of(user_in_role("admin", name="Dora Deputy", email="dora@example.com"))


@pytest.fixture
def group(carl: ApiClient, dora: ApiClient) -> Any:
    """Carl's group with Dora in it."""
    return carl.post("/conversations", {"type": "group", "name": "Team", "member_ids": [str(dora.user.pk)]}).ok(201)


@pytest.fixture
def direct(carl: ApiClient, dora: ApiClient) -> Any:
    return carl.post("/conversations", {"type": "direct", "member_ids": [str(dora.user.pk)]}).ok(201)


@pytest.fixture
def say() -> Callable[..., Any]:
    """Return a function that sends a message, as `say(carl, group, "Hello")`, and returns its JSON."""

    def send(client: ApiClient, conversation: Any, content: str = "Hello!", **fields: Any) -> Any:
        return client.post(f"/conversations/{conversation['id']}/messages", {"content": content, **fields}).ok(201)

    return send
