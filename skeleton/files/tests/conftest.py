import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A separate storage for the test, on local disk."""
    settings.SKELETON_DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def clerk(holding):
    """A user who may read and write their own files."""
    return holding("files:read", "files:write")
