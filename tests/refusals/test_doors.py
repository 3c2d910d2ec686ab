"""Signing in, changing one's password, reports and imports: what they refuse is read in three languages."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from parties.choices import EInvoiceProfile
from skeleton.identity.tests.factories import PASSWORD, user_with
from skeleton.importexport.import_admin import ImportableAdmin
from skeleton.office import pages
from skeleton.office.form_pages import FormPage
from skeleton.office.reports import ReportPage
from tests.refusals.office import Data, Reader, Texts, errors_on, forms_on, wrong_rounds
from tests.refusals.values import LONG, NOBODY, WORD
from tests.refusals.world import NAME

IMPORTS = {
    model._meta.label_lower: screen
    for model, screen in admin.site._registry.items()
    if isinstance(screen, ImportableAdmin)
}
E_INVOICES = {", ".join(EInvoiceProfile.values)}
"""What a column lists in every language."""

REPORTS = {name: page for name, page in pages.registered().items() if isinstance(page, ReportPage)}
FORM_PAGES = {name: page for name, page in pages.registered().items() if isinstance(page, FormPage)}


def refuse(what: str, reader: Reader, address: str, right: Data) -> set[str]:
    """Fill in a form wrong in every way, and return the names of the fields that were refused."""
    found = set()
    for _, form in forms_on(reader.browser.get(address)):
        for wrong in wrong_rounds(form.fields):
            found |= reader.hear(what, address, {**right, **wrong})
    return found


def test_signing_in(world, reader):
    reader.browser = Client()
    address = reverse("admin:login")
    nobody = user_with(name=NAME)
    for email, password in ((nobody.email, PASSWORD), (world.chief.user.email, WORD)):
        assert reader.hear("sign in", address, {"username": email, "password": password}) == {"__all__"}
    assert refuse("sign in", reader, address, {}) >= {"username", "password"}
    reader.complain()


def test_changing_the_password(reader):
    address = reverse("admin:password_change")
    passwords = ("short", "password1", "1234567890", reader.user.email, "x" * 200)
    for new in passwords:
        typed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        assert reader.hear("password", address, typed), new
    typed = {"old_password": WORD, "new_password1": "a good password", "new_password2": "a good password"}
    assert reader.hear("password", address, typed) == {"old_password"}
    assert "new_password2" in reader.hear("password", address, {**typed, "new_password2": "another good one"})
    assert refuse("password", reader, address, {}) >= {"old_password", "new_password1", "new_password2"}
    reader.complain()


# --- reports ----------------------------------------------------------------------------------------------------------


def test_parameters_of_reports(reader):
    for name, page in REPORTS.items():
        fields = page.form.base_fields
        reader.kept |= {f"{parameter}: " for parameter in fields}
        days: Data = {"from_date": "2026-02-01", "to_date": "2026-01-01", "as_of": "2026-01-01"}
        right = {field: value for field, value in days.items() if field in fields}
        ask(name, reader, right)
        assert ask(name, reader, {**right, "n": "1"}) == {"text"}
        for field, kind in fields.items():
            refused = [ask(name, reader, wrong) for wrong in wrong_rounds({field: kind})]
            assert any(refused), (name, field)
    reader.complain()


def ask(name: str, reader: Reader, asked: Data) -> set[str]:
    """Ask for a report in every language, and return the names of the fields that were refused."""
    return reader.compare(name, lambda language: asked_of(reader, REPORTS[name].url, asked, language))


def asked_of(reader: Reader, address: str, asked: Data, language: str) -> Texts:
    """Ask for a report and return the errors on the page, or what the page of an error says."""
    reader.speak(language)
    page = reader.browser.get(address, {name: value for name, value in asked.items() if value})
    with override(language):
        said = {"text": str(page.context["text"])} if page.context and "text" in page.context else {}
        return {**said, **dict(errors_on(page))} if page.status_code == 400 else {}


# --- imports ----------------------------------------------------------------------------------------------------------


def files_of(screen: ImportableAdmin) -> list[bytes]:
    """A file with the columns of the screen, in whose rows everything is wrong; and files that do not fit at all."""
    names = [column.name for column in screen.table.columns]
    rows = [[value] * len(names) for value in (WORD, LONG[:300], "-1", "1.23456789", "2", '"=1+1"', "1,234")]
    wrong = [names, *rows, [NOBODY] * len(names)]
    rest = [column for column in names if column not in screen.table.key]
    return [_csv(wrong), _csv([rest])]


UNREADABLE = (
    b"",
    b"\x00\x01\x02",
    f"{WORD},{NAME},,\n".encode(),
    b"tax_id,tax_id\n",
    f"name\n{NAME},2\n".encode(),
    b"PK\x03\x04 no workbook",
)


def _csv(rows: list[list[str]]) -> bytes:
    return "\n".join(";".join(row) for row in rows).encode()


@pytest.mark.parametrize("app", sorted({name.partition(".")[0] for name in IMPORTS}))
def test_imports(app, reader):
    for name, screen in IMPORTS.items():
        if name.partition(".")[0] == app:
            named = {", ".join(screen.table.names), ", ".join(screen.table.key), '{"name": "text"}', *E_INVOICES}
            reader.kept |= named
            for content in (*files_of(screen), *(UNREADABLE if name == "parties.customer" else ())):
                assert upload(name, reader, content), content
            reader.kept -= named
    reader.complain()


def upload(name: str, reader: Reader, content: bytes) -> set[str]:
    """Upload a file in every language, and return the names of what was refused."""
    return reader.compare(name, lambda language: uploaded(reader, IMPORTS[name], content, language))


def test_an_import_without_a_file(reader):
    address = reverse("admin:parties_customer_import")
    assert reader.hear("import", address, {"encoding": WORD}) == {"file", "encoding"}
    reader.complain()


def uploaded(reader: Reader, screen: ImportableAdmin, content: bytes, language: str) -> Texts:
    """Upload a file and return the errors of its form, or else those of its rows."""
    with transaction.atomic():
        reader.speak(language)
        answer: Any = reader.browser.post(
            screen.url_for("import"), {"file": SimpleUploadedFile("file.csv", content), "encoding": ""}
        )
        if answer.status_code == 302:
            shown = reader.browser.get(answer.headers["Location"]).context
            texts = {"message": str(shown["message"])} if shown["message"] else {}
            for row in (shown["report"] or {"wrong": []})["wrong"]:
                texts |= {f"{row['number']}.{column}": text for column, text in row["errors"].items()}
        else:
            with override(language):
                texts = dict(errors_on(answer))
        transaction.set_rollback(True)
    return texts


def test_every_page_with_a_form_is_tested():
    others = pages.registered().keys() - REPORTS.keys() - FORM_PAGES.keys()
    assert [name for name in others if hasattr(pages.registered()[name], "form")] == []


def test_form_pages(world, reader):
    for name, page in FORM_PAGES.items():
        assert refuse(name, reader, page.url, {}), name
    reader.complain()
