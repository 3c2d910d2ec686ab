import pytest


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> None:
    """Seed the chart of accounts for every test with a database, because sending and paying post to it."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("chart")
