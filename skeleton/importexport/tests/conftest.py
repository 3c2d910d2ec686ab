"""Somebody with a file."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from skeleton.identity.tests.factories import user_in_role, user_with
from skeleton.importexport.models import Import


class Visitor(Client):
    """A browser in which somebody is signed in, who uploads and applies files."""

    def upload(self, where: str, content: bytes | str, name: str = "file.csv", encoding: str = "") -> Any:
        """The answer to an upload; `where` is the address of the list."""
        sent = content.encode() if isinstance(content, str) else content
        return self.post(f"{where}import/", {"file": SimpleUploadedFile(name, sent), "encoding": encoding})

    def check(self, where: str, content: bytes | str, **rest: Any) -> Import:
        """The import, checked."""
        answer = self.upload(where, content, **rest)
        assert answer.status_code == 302, answer.context["form"].errors
        self.page = answer.headers["Location"]
        return self.latest()

    def apply(self) -> Import:
        """Press the button on the preview."""
        assert self.post(self.page).status_code == 302
        return self.latest()

    def take(self, where: str, content: bytes | str, **rest: Any) -> Import:
        """Check and apply."""
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
        return b"".join(answer.streaming_content)


def _visitor(user: Any) -> Visitor:
    client = Visitor()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def clerk(db: None) -> Visitor:
    """An administrator, who may do nearly everything."""
    return _visitor(user_in_role("admin", name="Carl Clerk", email="carl@example.com"))


@pytest.fixture
def chief(db: None) -> Visitor:
    return _visitor(user_in_role("super_admin", name="Olha Owner", email="olha@example.com"))


@pytest.fixture
def guest(db: None) -> Visitor:
    """Somebody who may look."""
    return _visitor(user_in_role("viewer", name="Vera Viewer", email="vera@example.com"))


@pytest.fixture
def staff(db: None) -> Callable[..., Visitor]:
    return lambda *permissions: _visitor(user_with(*permissions))


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    """An XLSX file as a spreadsheet would save it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
