"""The permission table: the permissions of each route, written by hand and never derived from the code.

Every app has its part in `tests/routes.py`. `tests/test_permission_matrix.py` compares them with the URLconf, the
OpenAPI document and the responses for each kind of caller.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Literal

from django.apps import apps

from skeleton.rest.actions import endpoints
from skeleton.testkit.client import PREFIX, path_of

Special = Literal["public", "signed_in", "or_oneself"]


@dataclass(frozen=True, slots=True)
class Route:
    """`Route("GET", "/customers/{id}", "customers:read", "parties:read")`: any one of the permissions is enough.

    `special`: "public" (no token), "signed_in" (any user), "or_oneself" (or the user in the path).
    """

    method: str
    path: str
    any_of: tuple[str, ...]
    special: Special | None = None

    def __init__(self, method: str, path: str, *any_of: str, special: Special | None = None) -> None:
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "any_of", any_of)
        object.__setattr__(self, "special", special)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def open_to_all(self) -> bool:
        """Return whether any signed-in user may call the route."""
        return self.special in ("public", "signed_in")


def routes_of(app: str) -> list[Route]:
    """Return the table of an app (its dotted name), or an empty list if it has none."""
    name = f"{app}.tests.routes"
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the app has no tests at all
        return []
    table: list[Route] = importlib.import_module(name).ROUTES if found else []
    return table


def tables() -> dict[str, list[Route]]:
    """Return the tables of all installed apps that have one, by the app's dotted name."""
    found = {config.name: routes_of(config.name) for config in apps.get_app_configs()}
    return {name: table for name, table in found.items() if table}


def routed() -> set[tuple[str, str]]:
    """Return the method and path (after /api/v1) of every action in the URLconf."""
    return {
        (method.upper(), path_of(route).removeprefix(PREFIX))
        for route, view in endpoints()
        for method in getattr(view, "actions", {})
        if method != "head"
    }
