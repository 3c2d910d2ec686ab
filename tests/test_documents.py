"""What the documents mention exists: files, modules and names. The glossary stays short."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from operator import attrgetter
from pathlib import Path

import pytest
from django.conf import settings

from skeleton import __version__
from tests.test_add_a_resource import blocks

ROOT = Path(settings.BASE_DIR)
GUIDE = ROOT / "docs" / "add-a-resource.md"
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/decisions").glob("*.md")))
MOST_WORDS = 25

_ENTRY = re.compile(r"^\| (?!word |---)(.+?) \| (.+) \| `([\w.]+)` \|$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_FILE = re.compile(r"[\w.*<>/-]+\.(?:py|sql|md|json|csv|toml|typ|html|css|js|po|txt|ini|png)")
_FOLDER = re.compile(r"[\w*<>-]+/[\w.*<>/-]*")
_NAME = re.compile(r"\w+(?:\.\w+)+")

FORMER = {"docs/decisions/0001-floors.md": {"skeleton/core"}}
"""What a document mentions because it is gone."""


@cache
def tracked() -> tuple[str, ...]:
    """Return every file of the project, and every folder with a slash at its end."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    folders = {f"{parent}/" for name in listed for parent in Path(name).parents}
    return (*filter(None, listed), *sorted(folders))


def is_there(path: str) -> bool:
    """Return whether the project has the file or folder, named by its whole path or by the end of it."""
    pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
    return any(fnmatch(f"/{name}".rstrip("/"), f"*/{pattern}") for name in tracked())


def prose(document: Path) -> str:
    """Return the text of a document without its code blocks."""
    return _FENCED.sub("", document.read_text(encoding="utf-8"))


def paths(document: Path) -> Iterator[str]:
    """Yield what is quoted and looks like a path of the project; addresses and media types do not."""
    tops = {name.split("/")[0] for name in tracked()} | packages()
    for text in _QUOTED.findall(prose(document)):
        is_folder = _FOLDER.fullmatch(text) and text.split("/")[0] in tops
        if is_folder or (_FILE.fullmatch(text) and not text.startswith("/")):
            yield text


@cache
def packages() -> frozenset[str]:
    """Return the packages that a dotted name may begin with: those of the project, and the parts of `skeleton`."""
    files = [*ROOT.glob("*/__init__.py"), *ROOT.glob("skeleton/*/__init__.py")]
    return frozenset(file.parent.name for file in files)


def names(document: Path) -> Iterator[str]:
    """Yield the quoted dotted names, with or without arguments, that begin with a package."""
    for text in _QUOTED.findall(prose(document)):
        found = _NAME.match(text)
        if found and found[0].split(".")[0] in packages() and not _FILE.fullmatch(text):
            yield found[0]


def exists(name: str) -> bool:
    """Return whether a dotted name is a module, or something in one."""
    first = name.split(".", maxsplit=1)[0]
    dotted, rest = f"skeleton.{name}" if (ROOT / "skeleton" / first).is_dir() else name, ""
    while dotted:
        try:
            found = importlib.import_module(dotted)
        except ModuleNotFoundError:
            dotted, _, last = dotted.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
            continue
        return not rest or resolves(found, rest)
    return False


def resolves(found: object, dotted: str) -> bool:
    """Return whether `found` has an attribute with this dotted name."""
    try:
        attrgetter(dotted)(found)
    except AttributeError:
        return False
    return True


def of_the_guide() -> set[str]:
    """Return what the guide to a new resource creates: not there yet, and named all the same."""
    return {block.path for block in blocks() if block.language != "diff"} | {"docs/schema/fleet.sql", "fleet/"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_mentions_exists(document):
    known = FORMER.get(document.relative_to(ROOT).as_posix(), set()) | (of_the_guide() if document == GUIDE else set())
    missing = [path for path in paths(document) if path not in known and not is_there(path)]
    missing += [name for name in names(document) if name not in known and not exists(name)]
    missing += [link for link in _LINK.findall(prose(document)) if not (document.parent / link).exists()]
    assert missing == []


def test_the_glossary_is_short_and_in_order():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [word for word, _, _ in _ENTRY.findall(text)]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == len(words) + 2, "an entry is one line: the word, its meaning, and where it is defined"
    assert words == sorted(set(words))
    assert 0 < len(words) <= MOST_WORDS
    assert [name for _, _, name in _ENTRY.findall(text) if not exists(name)] == []


def test_the_changelog_begins_with_the_version():
    """The API's documentation shows the same one."""
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == __version__ == settings.SPECTACULAR_SETTINGS["VERSION"]
