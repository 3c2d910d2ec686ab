"""`Location` of every answer with 201."""

import pytest
from django.db import transaction

from skeleton.testkit.client import PREFIX, operations
from tests.test_statement_counts import calls
from tests.writes import World

pytestmark = pytest.mark.django_db

WITHOUT_GET = {"POST /conversations/{id}/messages"}
"""What is created there can be changed and deleted at its location, but is read from the list."""

STREAM = "POST /messenger/tickets"


def creations():
    """Return the routes that answer with 201."""
    return [
        f"{method} {path.removeprefix(PREFIX)}"
        for (method, path), operation in operations().items()
        if "201" in operation["responses"]
    ]


@pytest.fixture
def world(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


def test_each_says_where_what_it_created_is(world):
    recipes = calls()
    for route in creations():
        with transaction.atomic():
            answer = recipes[route](world)()
            answer.ok(201)
            location = answer.headers["Location"]
            assert location.startswith(f"{PREFIX}/"), route
            if route != STREAM:
                found = world.chief.get(location.removeprefix(PREFIX))
                assert found.status == (405 if route in WITHOUT_GET else 200), (route, location, found)
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("POST /customers", "/customers/{id}"),
        ("POST /stock/reserve", "/reservations/{id}"),
        ("POST /files", "/files/{id}"),
    ],
)
def test_it_is_the_path_of_the_object(world, route, expected):
    answer = calls()[route](world)()
    assert answer.headers["Location"] == PREFIX + expected.format(id=answer.ok(201)["id"])
