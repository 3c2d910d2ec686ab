"""PDFs of credit notes, and what of them is said on the invoice."""

from typing import cast

import pytest

from billing.documents.words import CREDIT_NOTE_LABELS, LABELS, SETTLEMENT_LABELS
from billing.models import CreditNote, IssuedDocument
from billing.services.credit_lines import CreditLineValues
from billing.services.credit_notes import create_credit_note
from billing.services.documents import credit_note_pdf, invoice_pdf, issue_sent_credit_note
from billing.services.write_offs import write_off
from billing.tests.factories import customer, line, part_paid, sent
from billing.tests.test_documents import shape, text_of
from parties.choices import PartyKind
from parties.services import update_party
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "uk", "de")


def noted(invoice, *, send=True, **values):
    named = {"invoice_line_id": invoice.lines.first().pk, **values}
    lines = [cast(CreditLineValues, named)] if values else None
    pk = create_credit_note(invoice_id=invoice.pk, reason="Damaged", lines=lines, send=send, actor=SYSTEM)
    return CreditNote.objects.get(pk=pk)


def printed(note, language="en"):
    return text_of(credit_note_pdf(credit_note_id=note.pk, language=language, actor=SYSTEM).pdf)


def test_every_language_has_the_same_labels():
    for labels in (CREDIT_NOTE_LABELS, SETTLEMENT_LABELS):
        assert set(labels) == set(LANGUAGES)
        assert all(shape(labels[language]) == shape(labels["en"]) for language in LANGUAGES)


TITLES = [("en", "Credit note"), ("uk", "Коригувальний рахунок"), ("de", "Rechnungskorrektur")]


@pytest.mark.parametrize("language, title", TITLES)
def test_it_says_what_it_corrects_and_why(language, title):
    invoice = sent(line(1000, 3, tax_rate=20), of=customer(name="Acme Corp"))
    note = noted(invoice, quantity=2)
    said = printed(note, language)
    for text in (title, note.number, invoice.number, "Acme Corp", "Damaged", CREDIT_NOTE_LABELS[language]["reason"]):
        assert text in said
    assert "24" in said  # 2 × 10.00 and 20 %
    assert LABELS[language]["draft"] not in said


def test_a_draft_is_marked_and_not_kept():
    note = noted(sent(line(1000)), send=False, amount=50)
    assert "DRAFT" in printed(note)
    assert not IssuedDocument.objects.exists()


def test_what_was_issued_is_kept_byte_for_byte_with_its_customer():
    acme = customer(name="Acme Corp")
    note = noted(sent(line(1000), of=acme))
    issue_sent_credit_note(credit_note_id=str(note.pk), language="en")
    update_party(kind=PartyKind.CUSTOMER, pk=acme.pk, values={"name": "Umbrella"}, actor=SYSTEM)
    first = credit_note_pdf(credit_note_id=note.pk, language="en", actor=SYSTEM)
    assert first.name == f"{note.number}.pdf"
    kept = IssuedDocument.objects.get(credit_note=note)
    assert bytes(kept.pdf) == first.pdf
    assert "Umbrella" not in printed(note)
    assert IssuedDocument.objects.count() == 1


def test_a_stored_pdf_belongs_to_exactly_one_document():
    note = noted(sent(line(1000), of=customer()))
    printed(note)
    broken = refusal_of(
        lambda: IssuedDocument.objects.bulk_create(
            [IssuedDocument(language="en", contents="0" * 64, checksum="0" * 64, pdf=b"")]
        )
    )
    assert broken is not None


def test_the_invoice_says_what_was_credited_and_written_off():
    invoice = part_paid(line(1000, 2), amount=300)
    noted(invoice, amount=500)
    write_off(invoice_id=invoice.pk, reason="Lost", amount=200, actor=SYSTEM)
    said = text_of(invoice_pdf(invoice_id=invoice.pk, language="en", actor=SYSTEM).pdf)
    for text in ("Paid", "Credited", "Written off", "Amount due", "10.00"):
        assert text in said


def test_over_the_api(owner, viewer):
    note = noted(sent(line(1000)))
    answer = viewer.get(f"/credit-notes/{note.pk}/pdf", language="de")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    owner.get(f"/credit-notes/{note.pk}/pdf", language="fr").refused(400)
