import pytest

from accounting.services import seed_chart


@pytest.fixture
def chart(db: None) -> None:
    """The seeded accounts."""
    seed_chart()
