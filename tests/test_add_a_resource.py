"""Follows docs/add-a-resource.md in a copy of the project: writes its files, applies its changes, runs its commands.

The copy has its own database server. The tests that the guide writes and runs use the resource over the API
(create, list, filter, change, retire) and on its screen, as a signed-in user.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from io import StringIO
from os import environ
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from skeleton.embedded_postgres.paths import DATABASE
from skeleton.testkit.database import OwnDatabase, own_database
from skeleton.testkit.system import PRODUCTION
from tests import messages

ROOT = Path(settings.BASE_DIR)
GUIDE = ROOT / "docs" / "add-a-resource.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"(?:#|--|//) (\S+/\S+)\n")
_CHANGED = re.compile(r"--- (\S+)\n")


class Block(NamedTuple):
    """A fenced block of the guide: its language, the file named in its first line, and the remaining lines."""

    language: str
    path: str
    text: str


def blocks() -> list[Block]:
    """Return the blocks of the guide, in its order."""
    found = []
    for language, text in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        named = (_CHANGED if language == "diff" else _PATH).match(text)
        found.append(Block(language, named[1] if named else "", text[named.end() :] if named else text))
    return found


def changed(text: str, diff: str) -> str:
    """Return `text` with the hunks of `diff` applied. The old lines of each hunk must occur exactly once."""
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("", " ", "-"))
        after = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("", " ", "+"))
        assert f"\n{text}".count(f"\n{before}") == 1, f"this is there {text.count(before)} times:\n{before}"
        text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
    return text


def copy_project(target: Path) -> None:
    """Copy every tracked file, and link the virtual environment."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    (target / ".venv").symlink_to((ROOT / ".venv").resolve())


@dataclass(frozen=True)
class Copy:
    """The copy of the project, and its database."""

    folder: Path
    database: OwnDatabase

    def follow(self, block: Block) -> None:
        """Apply or run a block of the guide."""
        if block.language == "sh":
            if "pytest" in block.text:
                self.prepare_test_database()
            self.run(block.text)
        elif block.language == "diff":
            file = self.folder / block.path
            file.write_text(changed(file.read_text(encoding="utf-8"), block.text), encoding="utf-8")
        elif block.path:
            file = self.folder / block.path
            assert not file.exists(), f"{block.path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")

    def run(self, command: str) -> None:
        """Run a command with a clean environment, without variables of the outer test run."""
        kept = {name: environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in environ}
        done = subprocess.run(
            ["/bin/sh", "-ec", command],
            cwd=self.folder,
            env={**kept, **PRODUCTION, "DATABASE_URL": self.database.url, "PYTEST_ADDOPTS": "--reuse-db"},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}"

    def prepare_test_database(self) -> None:
        """Create the test database as a copy of the migrated one, which is faster than migrating again."""
        self.database.query(f"CREATE DATABASE test_{DATABASE} TEMPLATE {DATABASE}")


@pytest.mark.timeout(900)  # half a minute on a quiet machine, several on a busy one
def test_the_guide_leads_from_a_model_to_a_screen(tmp_path):
    (tmp_path / "project").mkdir()
    copy_project(tmp_path / "project")
    with own_database(tmp_path / "database", durable=False) as database:
        copy = Copy(tmp_path / "project", database)
        for block in blocks():
            copy.follow(block)
        check_default_roles(copy)


def check_default_roles(copy: Copy) -> None:
    """The migration extends existing default roles, and can be reversed."""
    ask = copy.database.query
    sql = copy.folder / "fleet" / "sql"
    ask(
        "INSERT INTO identity_role (id, created_at, updated_at, name, description, permissions, is_default)"
        " SELECT gen_random_uuid(), now(), now(), name, '', '{users:read}', true"
        " FROM unnest('{admin,viewer}'::text[]) AS name"
    )
    ask((sql / "0003_default_roles.sql").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = dict(ask("SELECT name, permissions FROM identity_role"))
    assert found == {"admin": ["users:read", "fleet:*"], "viewer": ["users:read", "fleet:read"]}
    ask((sql / "0003_default_roles.reverse.sql").read_text(encoding="utf-8"))
    assert dict(ask("SELECT name, permissions FROM identity_role")) == dict.fromkeys(found, ["users:read"])


def test_the_guide_has_twelve_steps():
    steps = re.findall(r"^## (\d+)\. ", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert steps == [str(number) for number in range(1, 13)]


def test_the_translations_in_the_guide_are_of_its_texts(tmp_path):
    """GNU gettext may not be installed, so the texts that `make translations` would find are extracted without it."""
    (tmp_path / "fleet.py").write_text("".join(block.text for block in blocks() if block.language == "python"))
    marked = messages.marked_in(tmp_path)
    for block in blocks():
        if block.language == "po":
            known = messages.translations(read_po(StringIO(block.text)))
            assert known
            assert known.keys() <= marked
