import pytest


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> None:
    """Wherever there is a database there is the chart: sending and paying post to it."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("chart")
