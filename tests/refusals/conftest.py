"""Fixtures: a company whose names read like sentences, and a user of it."""

import pytest

from skeleton.testkit.visitor import Visitor
from tests.refusals.hearing import HANDLER
from tests.refusals.office import Reader
from tests.refusals.values import WORD
from tests.refusals.world import NAME, NamedWorld


@pytest.fixture
def world(db, tmp_path, settings):
    """Return the company. Its API client records the errors."""
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": HANDLER}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    return NamedWorld.begin()


@pytest.fixture
def reader(world):
    """Return a user of the company who is signed in to the back office."""
    return Reader(Visitor(world.chief.user), world.chief.user, {NAME, WORD})
