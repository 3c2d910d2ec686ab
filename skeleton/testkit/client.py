"""A client of the API for tests. It compares every response with the OpenAPI document."""

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

from skeleton.kernel.types import Values
from skeleton.rest.documentation import openapi

PREFIX = "/api/v1"

Json = Values


class Answer:
    """A response, with its JSON in `data`."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        self.data: Any = json.loads(response.content) if is_json and response.content else None

    def __repr__(self) -> str:
        return f"<{self.status} {json.dumps(self.data, ensure_ascii=False)[:600]}>"

    def ok(self, status: int = 200) -> Any:
        """Assert the status, and return the data."""
        assert self.status == status, self
        return self.data

    def refused(self, status: int, *fields: str) -> Json:
        """Assert the status and that `details` has exactly `fields`, if given. Return the error."""
        assert self.status == status, self
        error: Json = self.data
        assert error["message"], self
        if fields:
            assert set(error.get("details", {})) == set(fields), self
        return error


class ApiClient:
    """Sends JSON requests as a user, or without authentication."""

    headers: Mapping[str, str] = MappingProxyType({})
    """Headers that are sent with every request."""

    def __init__(self, token: str | None = None, user: Any = None) -> None:
        self.token, self.user = token, user
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **query: object) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.call("POST", path, body, headers=headers)

    def put(self, path: str, body: object = None) -> Answer:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: object = None) -> Answer:
        return self.call("PATCH", path, body)

    def delete(self, path: str, body: object = None) -> Answer:
        return self.call("DELETE", path, body)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Json | None = None,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send a request. `body` is converted to JSON unless it is bytes."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        response: Any = self._client.generic(
            method,
            f"{PREFIX}{path}",
            payload,
            content_type=content_type,
            headers={**sent, **self.headers, **(headers or {})},
            query_params=query or None,
        )
        answer = Answer(response)
        assert answer.status != 500, f"{method} {path}: internal error: {answer}"
        check_against_openapi(method, response, answer)
        return answer


def check_against_openapi(method: str, response: Any, answer: Answer) -> None:
    """Assert that the document describes this response."""
    assert answer.headers.get("X-Request-ID"), "every response has an X-Request-ID"
    match = response.wsgi_request.resolver_match
    if match is None or answer.status == 405:
        return
    documented = operations().get((method, path_of(match.route)))
    assert documented is not None, f"{method} /{match.route} is not in the OpenAPI document"
    described = documented["responses"].get(str(answer.status))
    assert described is not None, f"{method} /{match.route} does not document {answer.status}: {answer}"
    content = resolved(described).get("content")
    if content is None:
        assert answer.data is None, f"{method} /{match.route} documents no body for {answer.status}"
        return
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    if "application/json" in content and (media == "application/json" or media not in content):
        schema = json.dumps(content["application/json"]["schema"])
        errors = [
            f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in validator(schema).iter_errors(answer.data)
        ]
        assert not errors, f"{method} /{match.route} returns an undocumented response: {errors}"


def path_of(route: str) -> str:
    """Convert `api/v1/users/<pk>` to the form of the document: `/api/v1/users/{id}`."""
    return "/" + route.replace("<pk>", "{id}").replace("<", "{").replace(">", "}")


def resolved(part: Json) -> Json:
    """Return the component that a part of the document refers to, or the part itself."""
    kind, _, name = part.get("$ref", "").removeprefix("#/components/").partition("/")
    found: Json = document()["components"][kind][name] if kind else part
    return found


@cache
def document() -> Json:
    """Return the OpenAPI document, generated once."""
    return json.loads(json.dumps(openapi(), default=str))  # type: ignore[no-any-return]


@cache
def operations() -> dict[tuple[str, str], Json]:
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


@cache
def validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(
        {**json.loads(schema), "components": document()["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
