"""The document shows the current state machine."""

from django.conf import settings
from django.core.management import call_command

from billing.diagram import generated_section


def test_the_diagram_in_the_document_is_current(capsys):
    document = settings.BASE_DIR / "docs" / "orders.md"
    text = document.read_text()
    assert generated_section().insert_into(text) == text, "run manage.py draw_orders"
    call_command("draw_orders")
    assert document.read_text() == text


def test_it_shows_every_move():
    text = generated_section().text
    for move in ("[*] --> draft: create", "draft --> confirmed: confirm", "shipped --> delivered: deliver"):
        assert f"    {move}\n" in text
    assert "confirmed --> draft" not in text
    assert text.count("--> [*]") == 2
