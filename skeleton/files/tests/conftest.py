import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A storage of the test's own, on local disk."""
    settings.SKELETON_DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def clerk(holding):
    """Somebody who may read and write files: their own."""
    return holding("files:read", "files:write")
