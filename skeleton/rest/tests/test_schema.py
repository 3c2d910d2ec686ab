"""The OpenAPI document: what generated clients and readers rely on."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from skeleton.kernel.errors import CODES
from skeleton.testkit.client import document, operations, resolved


@pytest.mark.parametrize(
    ("path", "method", "summary"),
    [
        ("/customers", "get", "List customers"),
        ("/customers/{id}", "get", "Read a customer"),
        ("/catalog/items", "post", "Create an item"),
        ("/catalog/items/{id}", "patch", "Change an item"),
        ("/catalog/categories/{id}", "delete", "Delete a category"),
        ("/transactions", "get", "List transactions"),
        ("/countries", "get", "List all countries"),
    ],
)
def test_summaries_of_standard_actions_name_the_objects(path, method, summary):
    """Names come from the model or from `object_names`; a summary in a description is used as it is."""
    assert document()["paths"][f"/api/v1{path}"][method]["summary"] == summary


def schemas_in(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema below a part of the document."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from schemas_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from schemas_in(value)


def named(name: str) -> Any:
    return document()["components"]["schemas"][name]


def test_operation_ids_are_english_and_unique():
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", each) for each in ids)
    assert {"listCustomers", "putCustomer", "updateCustomer", "sendInvoice", "getAccountLedger"} <= set(ids)


def test_an_upload_is_binary():
    content = operations()["POST", "/api/v1/files"]["requestBody"]["content"]["multipart/form-data"]
    assert resolved(content["schema"])["properties"]["file"] == {"type": "string", "format": "binary"}


def test_no_field_and_no_page_has_a_default():
    """Generators take it to mean that the field is always there, or send it."""
    schemas = document()["components"]["schemas"]
    assert not [each for each in schemas_in(schemas) if not isinstance(each.get("default", {}), dict)]
    pages = [each for operation in operations().values() for each in operation.get("parameters", ())]
    assert all("default" not in each["schema"] for each in pages if each["name"] == "page")
    assert named("LineInput")["properties"]["discount"]["description"].endswith("Defaults to 0.")


def test_each_list_has_one_named_envelope():
    schema = operations()["GET", "/api/v1/customers"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/CustomerPage"}
    assert set(named("CustomerPage")["required"]) == {"items", "limit", "has_more"}
    assert {"total", "page", "next_cursor"} < set(named("CustomerPage")["properties"])
    assert not [each for each in schemas_in(document()["paths"]) if "oneOf" in each]


def test_errors_share_their_components():
    assert named("ErrorCode")["enum"] == list(CODES)
    assert not [each for each in schemas_in(named("ApiError")) if "maxLength" in each]
    answer = resolved(operations()["GET", "/api/v1/customers/{id}"]["responses"]["404"])
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ApiError"}


def test_answers_have_no_limits_of_length():
    names = [name for name in document()["components"]["schemas"] if name.endswith("Output")]
    assert not [name for name in names for each in schemas_in(named(name)) if "maxLength" in each]


def test_headers_are_described():
    created = operations()["POST", "/api/v1/customers"]["responses"]["201"]
    assert {"Location", "X-Request-ID", "RateLimit-Remaining"} <= set(created["headers"])
    assert "Retry-After" in resolved(operations()["GET", "/api/v1/customers"]["responses"]["429"])["headers"]


def test_the_guide_is_its_introduction():
    text = document()["info"]["description"]
    headings = re.findall("^## (.+)", text, re.MULTILINE)
    assert headings[:4] == ["Sign in", "First call", "Errors", "Retries"]
    assert {"Pages", "Partial updates", "Money", "Syncing", "What may change within v1"} <= set(headings)


def test_every_tag_has_a_text():
    used = {tag for operation in operations().values() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in document()["tags"] if tag["description"]}
