"""Documents whose characters no font has are refused before they are sent, and fonts can be added."""

import io

import fontpkg_noto_sans
import fontpkg_rubik
import pytest
from django.core.management import CommandError, call_command

from billing.models import Invoice
from billing.tests.factories import credited, customer, draft, line, sent
from skeleton.kernel import pdf

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "party, fields, texts, named",
    [
        ({"name": "王小明"}, {}, {}, {"customer.name": "王 小 明"}),
        ({}, {"notes": "Danke 🎉"}, {}, {"notes": "🎉"}),
        ({}, {}, {"description": "김치"}, {"lines.0.description": "김 치"}),
        ({"name": "王"}, {"notes": "김"}, {}, {"customer.name": "王", "notes": "김"}),
    ],
)
def test_what_no_font_has_is_named_before_sending(owner, party, fields, texts, named):
    invoice = draft(line(**texts), of=customer(**party), **fields)
    refused = owner.post(f"/invoices/{invoice.pk}/send").refused(422, *named)
    for path, characters in named.items():
        assert refused["details"][path] == f"No font for documents has {characters}."
    assert Invoice.objects.get().status == "draft"


def test_what_the_fonts_have_is_sent(owner):
    invoice = draft(
        line(description="Ґанок, Żółć, שלום"), of=customer(name="José e\u0301 Київ"), notes="1\u202f234 €\n—"
    )
    owner.post(f"/invoices/{invoice.pk}/send").ok()


def test_a_credit_note_is_refused_likewise_but_stays_possible(owner):
    body = {"reason": "壊れた", "send": True}
    invoice = sent()
    refused = owner.post(f"/invoices/{invoice.pk}/credit-notes", body).refused(422, "reason")
    assert "壊 れ た" in refused["details"]["reason"]
    owner.post(f"/invoices/{invoice.pk}/cancel", {"reason": "🎉"}).refused(422, "reason")
    credited(invoice)


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.SKELETON_DATA_DIR = tmp_path
    return tmp_path


def test_added_fonts_are_used(data_dir, monkeypatch):
    hebrew = "שלום"
    monkeypatch.setattr(pdf, "fontpkg_rubik", fontpkg_noto_sans)  # as if Rubik were not part of the program
    assert pdf.missing_characters(hebrew) == list(hebrew)
    out = io.StringIO()
    call_command("add_fonts", str(fontpkg_rubik.ROOT), stdout=out)
    assert "Rubik[wght].ttf: " in out.getvalue()
    assert pdf.missing_characters(hebrew) == []


@pytest.mark.parametrize("name, content", [("font.ttf", b"no font"), ("font.ttf", b""), ("notes.txt", b"x")])
def test_what_is_no_font_is_not_added(data_dir, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError, match="font"):
        call_command("add_fonts", str(path))
    assert not pdf.added_fonts().exists()
