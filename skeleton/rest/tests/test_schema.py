"""The texts of the OpenAPI document."""

from typing import Any

import pytest

from skeleton.rest.documentation import openapi


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
    document: Any = openapi()
    assert document["paths"][f"/api/v1{path}"][method]["summary"] == summary
