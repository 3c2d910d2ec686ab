"""Every field of every body that the API takes is sent wrong in every way, and refused in three languages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from rest_framework import serializers

from skeleton.rest.actions import description_of, endpoints
from skeleton.testkit.client import PREFIX, path_of
from skeleton.testkit.matrix import tables
from tests.refusals.hearing import refused_in
from tests.refusals.language import LANGUAGES, complaints
from tests.refusals.values import WORD, nearly_right, writable, wrong_bodies
from tests.refusals.world import NAME, REQUESTS, NamedWorld


def bodies() -> dict[str, Any]:
    """The input serializer of every route that takes a body, by route."""
    found = {}
    routed: list[tuple[str, Any]] = [*endpoints()]
    for route, view in routed:
        for method, action in getattr(view, "actions", {}).items():
            described = description_of(view.cls, action)
            if described is not None and described.input is not None:
                viewset = view.cls(**view.initkwargs)
                viewset.action = action
                path = path_of(route).removeprefix(PREFIX)
                found[f"{method.upper()} {path}"] = viewset.get_input_serializer_class()()
    return found


BODIES = bodies()


def enumerations(serializer: Any) -> Iterator[str]:
    """The lists of values that a refusal names: they are the API's, in every language."""
    for each in getattr(serializer, "fields", {}).values():
        inner = getattr(each, "child", each)
        yield from enumerations(inner)
        if isinstance(inner, serializers.ChoiceField):
            yield ", ".join(map(str, inner.choices))


API_ONLY = {
    "Unknown field": "no form or file can send a field that is not there",
    "Null characters are not allowed.": "of the JSON parser; a form's field says this itself, translated",
    "This is more than what is due. Record it with POST /payments: what is left of it is on account.": (
        "pages name the amount that is due at the field"
    ),
    "The token is not valid, or it has expired.": "pages have sessions, not tokens",
}
"""Refusals that stay English, and why nobody reads them in the back office."""


@dataclass
class Readings:
    """What was read, and what is wrong with it."""

    world: NamedWorld
    found: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def hear(self, route: str, path: str, body: object, kept: set[str]) -> set[str]:
        """Send a wrong body, read what is new in its refusal in every language, and return the fields refused."""
        method = route.partition(" ")[0]
        english = refused_in(self.world.chief, method, path, body, "en")
        texts = {name: text for name, text in english.items() if text not in API_ONLY}
        if not self.known.issuperset(texts.values()):
            self.known |= {*texts.values()}
            others = {one: refused_in(self.world.chief, method, path, body, one) for one in LANGUAGES}
            for name in texts:
                told = {language: each[name] for language, each in {"en": english, **others}.items()}
                self.found |= {text: f"{route}: {name}: {text}" for text in complaints(told, kept=kept)}
        return {name.partition(".")[0] for name in english}


def is_alias(route: str) -> bool:
    """Whether the route does what the same path does for PUT, with the same body."""
    method, _, path = route.partition(" ")
    twin = BODIES.get(f"PUT {path}")
    return method == "PATCH" and type(twin) is type(BODIES[route])


@pytest.mark.parametrize("app", tables())
def test_every_field_of_every_body(app, world):
    readings = Readings(world)
    for route in map(str, tables()[app]):
        if route not in BODIES or not writable(BODIES[route]):
            continue
        serializer, (path, right) = BODIES[route], REQUESTS[route](world)
        kept = {NAME, WORD, *enumerations(serializer)}
        bodies = [*wrong_bodies(serializer), *nearly_right(serializer, right or {})]
        if is_alias(route):
            bodies = bodies[1:2]  # every field is null
        refused: set[str] = set()
        for body in bodies:
            refused |= readings.hear(route, path, body, kept)
        unread = set() if is_alias(route) else writable(serializer).keys() - refused
        assert not unread, f"{route}: nothing was wrong with {sorted(unread)}"
    assert not readings.found, "\n".join(sorted(readings.found.values()))


def test_every_body_is_sent():
    routes = {str(route) for table in tables().values() for route in table}
    assert BODIES.keys() <= routes
    assert {route for route, serializer in BODIES.items() if writable(serializer)} <= REQUESTS.keys()
