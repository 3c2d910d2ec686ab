"""Fixtures: clients that upload files."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from skeleton.identity.tests.factories import user_in_role, user_with
from skeleton.importexport.models import Import
from skeleton.testkit import visitor


class Visitor(visitor.Visitor):
    """A signed-in test client that uploads and applies files."""

    def upload(self, where: str, content: bytes | str, name: str = "file.csv", encoding: str = "") -> Any:
        """Upload a file to the list at `where`, and return the response."""
        sent = content.encode() if isinstance(content, str) else content
        return self.post(f"{where}import/", {"file": SimpleUploadedFile(name, sent), "encoding": encoding})

    def check(self, where: str, content: bytes | str, **rest: Any) -> Import:
        """Upload a file, and return the checked import."""
        answer = self.upload(where, content, **rest)
        assert answer.status_code == 302, answer.context["form"].errors
        self.page = answer.headers["Location"]
        return self.latest()

    def apply(self) -> Import:
        """Apply the import from its preview."""
        assert self.post(self.page).status_code == 302
        return self.latest()

    def take(self, where: str, content: bytes | str, **rest: Any) -> Import:
        """Upload, check and apply a file."""
        checked = self.check(where, content, **rest)
        assert checked.state == "checked", (checked.message, checked.report)
        done = self.apply()
        assert done.state == "done", (done.message, done.report)
        return done

    def latest(self) -> Import:
        return Import.objects.latest("pk")

    def export(self, where: str, kind: str = "csv", **query: Any) -> bytes:
        answer = self.get(f"{where}export.{kind}", query)
        assert answer.status_code == 200
        return answer.getvalue()


@pytest.fixture
def clerk(db: None) -> Visitor:
    """A user with the administrator role."""
    return Visitor(user_in_role("admin", name="Carl Clerk", email="carl@example.com"))


@pytest.fixture
def chief(db: None) -> Visitor:
    return Visitor(user_in_role("super_admin", name="Olha Owner", email="olha@example.com"))


@pytest.fixture
def guest(db: None) -> Visitor:
    """A user with read permissions only."""
    return Visitor(user_in_role("viewer", name="Vera Viewer", email="vera@example.com"))


@pytest.fixture
def staff(db: None) -> Callable[..., Visitor]:
    return lambda *permissions: Visitor(user_with(*permissions))


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return an XLSX file as saved by a spreadsheet program."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
