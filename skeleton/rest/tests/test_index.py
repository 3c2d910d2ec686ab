"""The root of the API."""

import pytest


@pytest.mark.django_db
def test_it_says_where_things_are_without_a_token(anonymous, client):
    found = anonymous.get("").ok()
    assert found["name"] == "Skeleton"
    links = found["links"]
    assert {client.get(links[name]).status_code for name in ("schema", "documentation", "reference", "health")} == {200}
    assert anonymous.post(links["login"].removeprefix("/api/v1"), {}).status == 422


def test_it_takes_no_parameters(anonymous):
    anonymous.get("", page=1).refused(400)
