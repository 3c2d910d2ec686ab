"""PDFs of invoices: their contents and language, and verification of issued ones."""

import datetime as dt
import hashlib
import io
import json
from decimal import Decimal
from typing import Any

import pytest
import typst
from django.db import IntegrityError, connection
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.choices import OrderStatus
from billing.documents.contents import TEMPLATE, allow_line_breaks, invoice_contents
from billing.documents.words import LABELS
from billing.models import InvoiceParties, IssuedDocument
from billing.services import documents, invoices, transitions
from billing.services.documents import issue_sent_invoice
from billing.tests.factories import customer, draft, invoiced, line, order, ordered, paid, part_paid, pay, sent
from parties.choices import PartyKind
from parties.models import Country
from parties.services import change_status, seed_countries, update_party
from skeleton.company.tests.factories import set_up
from skeleton.kernel import pdf
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import database_error, present
from skeleton.testkit.races import run_in_threads
from skeleton.testkit.roles import refusal_of, without_triggers

LANGUAGES = ("en", "uk", "de")
SELLER = {
    "name": "Northwind GmbH",
    "address": ["Lindenallee 7", "10115 Berlin"],
    "tax_id": "DE1",
    "registration": "",
    "email": "us@example.com",
    "phone": "",
    "website": "",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "COBADEFF",
    "bank": "",
}
CUSTOMER = {"name": "", "email": "x@example.com", "tax_id": None, "address": None}

PIECE = {"item_number": None, "unit_code": "C62", "price_base_quantity": Decimal(1)}


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return "\n".join(page.extract_text() for page in pages)


def invoice(*lines, **fields):
    """Return data as from `queries.printed_invoice`, for a sent invoice of 1,000.00 EUR at 20 %."""
    base = {
        "number": "INV-2026-001",
        "customer_name": "Acme",
        "status": "sent",
        "currency": "EUR",
        "notes": None,
        "issue_date": dt.date(2026, 11, 2),
        "due_date": dt.date(2026, 12, 2),
        "sent_at": dt.datetime(2026, 11, 2, tzinfo=dt.UTC),
        **dict.fromkeys(("payment_days", "delivery_date", "service_start", "service_end")),
        **dict.fromkeys(("buyer_reference", "purchase_order_reference", "delivery_address")),
        "paid_at": None,
        "cancelled_at": None,
        "subtotal": 100000,
        "tax_total": 20000,
        "total": 120000,
        "amount_paid": 0,
        "amount_credited": 0,
        "amount_written_off": 0,
        "amount_due": 120000,
        "tax_breakdown": [{"rate": 20, "base": 100000, "tax": 20000}],
        "payments": [],
        "order_number": None,
        "lines": list(lines)
        or [
            {
                "description": "Services",
                **PIECE,
                "quantity": Decimal("2.500"),
                "unit_price": 40000,
                "discount": 0,
                "tax_rate": Decimal("20.0000"),
                "total": 100000,
            }
        ],
    }
    return {**base, **fields}


def contents(language="en", seller=SELLER, **fields):
    return invoice_contents(invoice(**fields), seller=seller, customer=CUSTOMER, language=language)


def rendered(data) -> bytes:
    return pdf.render(TEMPLATE, data, moment=dt.datetime(2026, 11, 2, tzinfo=dt.UTC))


# --- what it says -----------------------------------------------------------------------------------------------------


def shape(words):
    return {name: shape(value) if isinstance(value, dict) else None for name, value in words.items()}


def test_every_language_has_the_same_words():
    assert set(LABELS) == set(LANGUAGES)
    for language in LANGUAGES:
        assert shape(LABELS[language]) == shape(LABELS["en"])
        for name in ("{page}", "{pages}"):
            assert name in LABELS[language]["page"]
        assert "{rate}" in LABELS[language]["tax_on"]


def test_amounts_and_days_are_written_as_the_readers_write_them():
    totals = {language: contents(language)["totals"] for language in LANGUAGES}
    assert [row["amount"] for row in totals["en"]] == ["1,000.00\u00a0EUR", "200.00\u00a0EUR", "1,200.00\u00a0EUR"]
    assert totals["de"][0]["amount"] == "1.000,00\u00a0EUR"
    assert totals["uk"][0]["amount"] == "1\u202f000,00\u00a0EUR"
    assert [row["label"] for row in totals["en"]] == ["Subtotal", "Tax 20 % on 1,000.00", "Total"]
    assert contents("en")["facts"] == [("Date of issue", "2 November 2026"), ("Due date", "2 December 2026")]
    assert contents("uk")["facts"][1] == ("Сплатити до", "02.12.2026")
    assert contents("de")["lines"][0]["quantity"] == "2,5"
    yen = contents("en", currency="JPY")
    assert yen["totals"][0]["amount"] == "100,000\u00a0JPY"


def test_what_is_not_there_takes_no_room():
    plain = contents(tax_breakdown=[{"rate": 0, "base": 100000, "tax": 0}], tax_total=0, total=100000)
    assert plain["taxes"] == []
    assert [row["label"] for row in plain["totals"]] == ["Subtotal", "Total"]
    assert not plain["discounts"]
    assert not plain["payments"]
    assert plain["watermark"] is None
    assert contents(seller={**SELLER, "iban": ""})["pay"] == []


def test_payments_and_what_is_left_are_said():
    payment = {
        "paid_at": dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC),
        "method": "bank_transfer",
        "reference": "FT-1",
        "amount": 20000,
    }
    said = contents("de", payments=[payment], amount_paid=20000, amount_due=100000)
    assert said["payments"] == [
        {"day": "20.11.2026", "method": "Überweisung", "reference": "FT-1", "amount": "200,00\u00a0EUR"}
    ]
    assert [row["amount"] for row in said["totals"][-2:]] == ["\u2212200,00\u00a0EUR", "1.000,00\u00a0EUR"]
    assert ("Offener Betrag", "1.000,00\u00a0EUR") in said["pay"]


@pytest.mark.parametrize("status, mark", [("draft", "ENTWURF"), ("cancelled", "STORNIERT"), ("sent", None)])
def test_drafts_and_the_cancelled_are_marked(status, mark):
    said = contents("de", status=status, amount_due=0 if status == "cancelled" else 120000)
    assert said["watermark"] == mark
    assert bool(said["pay"]) == (status != "cancelled")
    assert (mark or "Rechnung") in text_of(rendered(said))


# --- how it is set ----------------------------------------------------------------------------------------------------


def test_it_is_an_archivable_file_with_its_title_and_language():
    content = rendered(contents("uk"))
    reader = PdfReader(io.BytesIO(content))
    assert present(reader.metadata).title == "Рахунок INV-2026-001"
    assert str(reader.root_object["/Lang"]) == "uk"
    assert b"<pdfaid:part>3</pdfaid:part>" in content
    resources: Any = reader.pages[0]["/Resources"]
    fonts = resources["/Font"]
    assert all("NotoSans" in font.get_object()["/BaseFont"] for font in fonts.values())


def test_the_same_is_set_the_same_to_the_byte():
    assert rendered(contents("de")) == rendered(contents("de"))
    assert rendered(contents("de")) != rendered(contents("uk"))


@pytest.mark.parametrize(
    "name",
    ["#{panic()}", "$x$ and `y`", "*b* _i_ @ref <label> \\ // /* [", '"] + read("/etc/passwd")', "http://x.test"],
)
def test_nobody_s_text_is_code(name):
    said = text_of(rendered(contents(customer_name=name, notes=name)))
    assert said.count(name) == 2, said


def test_scripts_that_run_the_other_way_or_have_no_font_do_no_harm():
    said = text_of(rendered(contents(customer_name="שלום")))
    assert "שלום" in said or "םולש" in said
    assert b"<pdfaid:part>3</pdfaid:part>" in rendered(contents(customer_name="مرحبا Київ"))
    assert rendered(contents(customer_name="A\ufeffB")).startswith(b"%PDF"), "PDF/A does not allow it"
    boxes = rendered(contents(customer_name="株式会社 🎉"))
    assert boxes.startswith(b"%PDF")
    assert b"pdfaid" not in boxes


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80))
def test_any_text_can_be_set(text):
    assert rendered(contents(customer_name=text, notes=text)).startswith(b"%PDF")


def test_many_lines_take_many_numbered_pages_with_the_heading_on_each():
    lines = [
        {
            "description": f"Line {n} {'x' * 300}",
            **PIECE,
            "quantity": Decimal(1),
            "unit_price": 1,
            "discount": 1,
            "tax_rate": Decimal(0),
            "total": 0,
        }
        for n in range(1, 121)
    ]
    data = invoice_contents(invoice(*lines), seller=SELLER, customer=CUSTOMER, language="en")
    pages = PdfReader(io.BytesIO(rendered(data))).pages
    texts = [page.extract_text() for page in pages]
    assert len(pages) > 5
    for n, text in enumerate(texts, 1):
        assert f"Page {n} of {len(pages)}" in text
    assert all("Unit price" in text for text in texts[:-1])
    assert "Line 120" in texts[-1] + texts[-2]


def test_a_fault_while_setting_a_large_one_is_told(tmp_path):
    broken = tmp_path / "broken.typ"
    broken.write_text("#panic()")
    with pytest.raises(RuntimeError, match="panicked"):
        pdf.render(broken, {"text": "x" * pdf.LARGE_DOCUMENT_BYTES}, moment=dt.datetime.now(dt.UTC))
    with pytest.raises(typst.TypstError):
        pdf.render(broken, {}, moment=dt.datetime.now(dt.UTC))


def test_long_words_may_be_broken():
    assert allow_line_breaks("a b") == "a b"
    assert max(map(len, allow_line_breaks("x" * 100).split("\u200b"))) == 24


# --- over the API -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_invoice_is_downloaded_in_the_language_asked_for_or_one_s_own(viewer, books):
    made = draft(line(1000, description="Torque wrench"))
    answer = viewer.get(f"/invoices/{made.pk}/pdf")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made.number}.pdf"'
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.response.content).hexdigest()}"'
    said = text_of(answer.response.content)
    assert made.number in said
    assert "Torque wrench" in said
    assert "10.00" in said
    assert "Rechnung" in text_of(viewer.get(f"/invoices/{made.pk}/pdf", language="de").response.content)
    viewer.user.language = "uk"
    viewer.user.save(update_fields=["language"])
    assert "Рахунок" in text_of(viewer.get(f"/invoices/{made.pk}/pdf").response.content)


@pytest.mark.django_db
def test_what_is_asked_wrongly_is_refused(viewer, outsider, books):
    made = draft()
    viewer.get(f"/invoices/{made.pk}/pdf", language="fr").refused(400, "language")
    viewer.get(f"/invoices/{made.pk}/pdf", page=2).refused(400, "page")
    viewer.get("/invoices/nonsense/pdf").refused(404)
    viewer.get("/invoices/01972b15-8000-7000-8000-000000000001/pdf").refused(404)
    outsider.get(f"/invoices/{made.pk}/pdf").refused(403)


@pytest.mark.django_db
def test_whoever_accepts_only_pdf_gets_it(viewer, books):
    made = draft()
    taken = viewer.call("GET", f"/invoices/{made.pk}/pdf", headers={"Accept": "application/pdf"})
    assert taken.status == 200
    viewer.call("GET", f"/invoices/{made.pk}", headers={"Accept": "application/pdf"}).refused(406)


@pytest.mark.django_db
def test_an_order_is_confirmed_on_paper(viewer, outsider, books):
    seed_countries()
    address = {"street": "Poststr. 5", "city": "Ulm", "state": "BW", "country": "DE"}
    address["country_id"] = str(Country.objects.get(code="DE").pk)
    made = order(ordered(2, unit_price=1050, tax_rate=20), shipping_address=address)
    path = f"/orders/{made.pk}/pdf"
    unconfirmed = viewer.get(path, language="de").response.content
    assert present(PdfReader(io.BytesIO(unconfirmed)).metadata).title == f"Auftrag {made.number}"
    assert "ENTWURF" in text_of(unconfirmed)

    transitions.change_status(order_id=made.pk, status=OrderStatus.CONFIRMED, actor=SYSTEM)
    answer = viewer.get(path, language="de")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made.number}.pdf"'
    said = text_of(answer.response.content)
    for word in ("Auftragsbestätigung", "Bestätigt", "Poststr. 5", "BW", "Deutschland", "25,20", made.customer_name):
        assert word in said, said
    assert viewer.get(path, language="de").response.content == answer.response.content
    viewer.get(path, language="fr").refused(400, "language")
    viewer.get("/orders/01972b15-8000-7000-8000-000000000001/pdf").refused(404)
    outsider.get(path).refused(403)

    bill = documents.invoice_pdf(invoice_id=invoiced(made).pk, language="en", actor=SYSTEM)
    assert made.number in text_of(bill.pdf)


# --- what was handed out stays ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_sending_notes_who_writes_to_whom_and_asks_for_the_paper(books, settings):
    seed_countries()
    settings.SKELETON_COMPANY = SELLER
    buyer = customer(tax_id="UA1")
    germany = Country.objects.get(code="DE")
    place = {"type": "billing", "street": "Alte Str. 1", "city": "Bonn", "postal_code": "53111"}
    values = {"addresses": [{**place, "country_id": germany.pk}]}
    update_party(kind=PartyKind.CUSTOMER, pk=buyer.pk, values=values, actor=SYSTEM)
    made = sent(line(5000), of=buyer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%%issue_sent_invoice'")
        assert [json.loads(args) for (args,) in cursor.fetchall()] == [{"invoice_id": str(made.pk), "language": "en"}]

    update_party(kind=PartyKind.CUSTOMER, pk=buyer.pk, values={"addresses": [{**place, "city": "Köln"}]}, actor=SYSTEM)
    set_up(legal_name="Renamed AG", country=None)
    said = text_of(documents.invoice_pdf(invoice_id=made.pk, language="de", actor=SYSTEM).pdf)
    for word in ("Alte Str. 1", "53111 Bonn", "Deutschland", "UA1", "Northwind GmbH"):
        assert word in said, said
    assert "Köln" not in said
    later = documents.invoice_pdf(invoice_id=draft(of=buyer).pk, language="de", actor=SYSTEM).pdf
    assert "53111 Köln" in text_of(later)
    assert "Renamed AG" in text_of(later)


@pytest.mark.django_db
def test_each_thing_that_it_ever_said_is_kept_once(books):
    made = sent(line(1000))
    first = documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf
    assert documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf == first
    issue_sent_invoice(invoice_id=str(made.pk), language="en")
    kept = IssuedDocument.objects.get(invoice=made)
    assert bytes(kept.pdf) == first
    assert kept.checksum == hashlib.sha256(first).hexdigest()

    pay(made, 400)
    assert documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf != first
    documents.invoice_pdf(invoice_id=made.pk, language="uk", actor=SYSTEM)
    assert IssuedDocument.objects.filter(invoice=made).count() == 3
    issue_sent_invoice(invoice_id=str(made.pk), language="en")
    assert IssuedDocument.objects.filter(invoice=made).count() == 3


@pytest.mark.django_db
def test_a_late_job_still_keeps_it_as_it_was_sent(books):
    made = paid(line(1000))
    issue_sent_invoice(invoice_id=str(made.pk), language="en")
    said = text_of(bytes(IssuedDocument.objects.get(invoice=made).pdf))
    assert "Payments" not in said
    now = text_of(documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf)
    assert "Payments" in now


@pytest.mark.django_db
def test_what_was_kept_is_answered_even_where_it_would_be_set_otherwise_today(books, monkeypatch):
    made = part_paid(line(1000))
    first = documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf
    monkeypatch.setattr(documents, "TEMPLATE", None)
    assert documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf == first


@pytest.mark.django_db
def test_a_draft_and_one_cancelled_unsent_are_not_kept(books):
    made = draft()
    documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM)
    invoices.cancel_invoice(invoice_id=made.pk, actor=SYSTEM)
    assert "CANCELLED" in text_of(documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf)
    assert not IssuedDocument.objects.exists()
    assert not InvoiceParties.objects.exists()


@pytest.mark.django_db
def test_one_sent_before_any_of_this_has_its_customer_of_today(books):
    made = sent()
    connection.check_constraints()
    with without_triggers() as cursor:
        cursor.execute("DELETE FROM billing_correspondents")
    assert made.customer_name in text_of(documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf)


@pytest.mark.django_db
def test_a_blacklisted_customer_s_invoice_can_still_be_printed(books):
    made = sent()
    change_status(kind=PartyKind.CUSTOMER, pk=made.customer_id, action="blacklist", actor=SYSTEM)
    assert documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf.startswith(b"%PDF")


ATTACKS = {
    "a document is changed": ("UPDATE billing_issued_document SET language = 'de'", "append_only"),
    "a document is deleted": ("DELETE FROM billing_issued_document", "append_only"),
    "documents are truncated": ("TRUNCATE billing_issued_document", "append_only"),
    "the customer is changed": ("UPDATE billing_correspondents SET customer = '{}'", "append_only"),
    "correspondents are deleted": ("DELETE FROM billing_correspondents", "append_only"),
    "correspondents are truncated": ("TRUNCATE billing_correspondents", "append_only"),
    "another file under that checksum": (
        "INSERT INTO billing_issued_document (id, invoice_id, language, contents, checksum, pdf, created_at)"
        " SELECT gen_random_uuid(), invoice_id, language, repeat('0', 64), checksum, 'forged', now()"
        " FROM billing_issued_document",
        "checksum_fits",
    ),
    "the paper of a draft": (
        "INSERT INTO billing_issued_document (id, invoice_id, language, contents, checksum, pdf, created_at)"
        " SELECT gen_random_uuid(), id, 'en', repeat('0', 64), encode(sha256(''), 'hex'), '', now()"
        " FROM billing_invoice WHERE status = 'draft'",
        "of_sent",
    ),
    "correspondents of a draft": (
        "INSERT INTO billing_correspondents SELECT id, '{}', '{}' FROM billing_invoice WHERE status = 'draft'",
        "of_sent",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("attack", ATTACKS)
def test_raw_sql_cannot_rewrite_what_was_handed_out(attack, books):
    draft()
    documents.invoice_pdf(invoice_id=sent().pk, language="en", actor=SYSTEM)
    sql, rule = ATTACKS[attack]
    connection.check_constraints()  # pending checks would prevent TRUNCATE
    refused = refusal_of(lambda: connection.cursor().execute(sql))
    assert isinstance(refused, IntegrityError)
    assert rule in present(database_error(refused).diag.constraint_name)


@pytest.mark.django_db(transaction=True)
def test_two_who_fetch_it_at_the_same_moment_get_the_same(books):
    made = sent()

    def fetch(_):
        return documents.invoice_pdf(invoice_id=made.pk, language="en", actor=SYSTEM).pdf

    assert len(set(run_in_threads(4, fetch))) == 1
    assert IssuedDocument.objects.count() == 1
