"""The examples of the OpenAPI document, from `docs/api`: bodies written by hand, and answers recorded by a test."""

import json
from functools import cache

from django.conf import settings
from drf_spectacular.utils import OpenApiExample

from skeleton.kernel.types import Values


def examples_of(operation: str) -> list[OpenApiExample]:
    """Return the examples of an operation, by its id. PUT has those of PATCH."""
    bodies, answers = _read("bodies.json").get(operation, {}), _read("answers.json").get(operation, {})
    return [
        *(OpenApiExample(title, value=value, request_only=True) for title, value in bodies.items()),
        *(
            OpenApiExample("Answer", value=value, response_only=True, status_codes=[status])
            for status, value in answers.items()
        ),
    ]


@cache
def _read(name: str) -> Values:
    path = settings.SKELETON_API_DOCS / name
    found: Values = json.loads(path.read_text()) if path.exists() else {}
    return found
