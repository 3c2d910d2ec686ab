"""The document shows the current state machine."""

import pytest
from django.conf import settings

from contracts.diagram import generated_section


def test_the_diagram_in_the_document_is_current():
    text = (settings.BASE_DIR / "docs" / "contracts.md").read_text()
    assert generated_section().insert_into(text) == text, "run manage.py draw_contracts"


def test_it_shows_moves_and_actions():
    text = generated_section().text
    assert "    pending_approval --> active: approve, activate\n" in text
    assert "    active --> active: renew\n" in text
    assert "    active --> expired: expire\n" in text
    assert "    terminated --> [*]\n" in text
    assert "| terminated | nothing |" in text
    assert "| draft | `update`, `submit` → pending_approval, `activate` → active, `payment-terms`" in text


def test_a_document_without_a_place_for_it():
    with pytest.raises(ValueError, match="the document needs"):
        generated_section().insert_into("# Contracts")
