"""Stands for a request where there is none: in system checks, in the back office and in imports."""

from typing import ClassVar

from skeleton.kernel.actors import Actor


class UserScope:
    """The part of a request that a `get_queryset` or the rules of a serializer usually need: its user."""

    method = "GET"
    query_params: ClassVar[dict[str, str]] = {}
    GET = query_params
    data: ClassVar[dict[str, object]] = {}
    headers: ClassVar[dict[str, str]] = {}
    META: ClassVar[dict[str, str]] = {}

    def __init__(self, actor: Actor) -> None:
        self.user = actor
