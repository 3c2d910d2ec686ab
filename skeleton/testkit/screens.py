"""The screens of the back office, for tests that go through all of them."""

from django.contrib import admin
from django.db.models import Model

from skeleton.office.admins import ReadOnlyAdmin


def screens() -> dict[type[Model], ReadOnlyAdmin]:
    """Return every registered model with its screen."""
    return {model: screen for model, screen in admin.site._registry.items() if isinstance(screen, ReadOnlyAdmin)}
