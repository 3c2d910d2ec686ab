"""Electronic invoices of stored documents: made, checked by the official rules, kept, and refused in words."""

import datetime as dt
import hashlib
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from pypdf import PdfReader

from accounting.tests.factories import tax_code
from billing.e_invoices.official import RulesMissingError, require_rules, violations
from billing.e_invoices.profiles import Profile
from billing.models import CreditNote, EInvoice, Invoice
from billing.services import e_invoices
from billing.services.credit_notes import create_credit_note
from billing.services.documents import PdfFile
from billing.services.e_invoices import XmlFile
from billing.tests.factories import credited, customer, draft, line, sent
from billing.tests.mailroom import deliver
from inventory.models import Item
from inventory.tests.factories import item
from parties.models import Address, Country, Party
from parties.services import seed_countries
from skeleton.company.tests.factories import set_up
from skeleton.kernel.actors import SYSTEM
from skeleton.notifications.tests.factories import queued
from skeleton.testkit.narrowing import database_error, present
from skeleton.testkit.races import run_in_threads
from skeleton.testkit.roles import refusal_of, without_triggers

COMPANY = {
    "registration_number": "HRB 12345",
    "tax_number": "12/345/67890",
    "contact_name": "Anna Auskunft",
    "phone": "+49 30 5550199",
    "email": "rechnung@example.com",
    "electronic_address": {"scheme": "9930", "id": "DE136695976"},
    "bank_accounts": [{"bank": "Commerzbank", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}],
}
LEITWEG = "04011000-12345-34"


@pytest.fixture
def company(db: None, chart: None) -> None:
    seed_countries()
    set_up(**COMPANY)


def buyer(e_invoice: str = "xrechnung", *, country: str = "DE", **fields: Any) -> Party:
    """Create a German authority, unless overridden, with an address."""
    values = {
        "name": "Stadt Köln",
        "currency": "EUR",
        "e_invoice": e_invoice,
        "buyer_reference": LEITWEG,
        "electronic_address_scheme": "0204",
        "electronic_address_id": LEITWEG,
        **fields,
    }
    made = customer(**values)
    Address.objects.create(
        party=made,
        street="Am Dom 1",
        postal_code="50667",
        city="Köln",
        country=Country.objects.get(code=country),
    )
    return made


def refusals(xml: bytes, profile: Profile) -> list[Any]:
    """Return what the official rules refuse."""
    return [found for found in violations(xml, profile) if not found.is_warning]


def fields_of(answer: Any) -> set[str]:
    return {row["field"] for row in answer.ok()["data"]}


def test_what_is_missing_is_named_before_sending(owner, db, chart):
    seed_countries()
    set_up()
    made = draft(
        line(tax_rate=0), of=buyer(buyer_reference=None, electronic_address_scheme=None, electronic_address_id=None)
    )
    checked = owner.get(f"/invoices/{made.pk}/check")
    (found,) = [row for row in checked.ok()["data"] if row["term"] == "BT-10"]
    assert (found["field"], found["message"][:25]) == ("buyer_reference", "Enter the buyer reference")
    named = fields_of(checked)
    assert {"company.contact_name", "customer.electronic_address", "lines.0.tax_code"} <= named
    owner.post(f"/invoices/{made.pk}/send").refused(422, *named)
    owner.get(f"/invoices/{made.pk}/xml").refused(422, *named)
    made.refresh_from_db()
    assert made.status == "draft"


def test_an_authority_gets_its_xrechnung_and_it_never_changes(owner, company):
    code = tax_code("DE-19", name={"en": "VAT"})
    made = draft(line(2534, 3, tax_rate=19, tax_code=code.code, unit_code="HUR"), of=buyer())
    assert owner.get(f"/invoices/{made.pk}/check").ok() == {"data": []}
    owner.post(f"/invoices/{made.pk}/send").ok()

    answer = owner.get(f"/invoices/{made.pk}/xml")
    assert answer.headers["Content-Type"] == "application/xml"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made.number}.xml"'
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.response.content).hexdigest()}"'
    assert refusals(answer.response.content, Profile.XRECHNUNG_UBL) == []
    written = answer.response.content.decode()
    assert f"<cbc:BuyerReference>{LEITWEG}<" in written
    assert '<cbc:InvoicedQuantity unitCode="HUR">3<' in written
    assert '<cbc:PriceAmount currencyID="EUR">25.34<' in written
    assert '<cbc:TaxAmount currencyID="EUR">14.44<' in written

    kept = EInvoice.objects.get(invoice=made)
    assert (kept.profile, bytes(kept.xml)) == ("xrechnung-ubl", answer.response.content)
    set_up(legal_name="Andere GmbH")
    Party.objects.filter(pk=made.customer_id).update(name="Stadt Bonn")
    assert owner.get(f"/invoices/{made.pk}/xml").response.content == answer.response.content
    other = owner.get(f"/invoices/{made.pk}/xml", profile="xrechnung-cii").response.content
    assert "Muster Handel GmbH" in other.decode()
    assert refusals(other, Profile.XRECHNUNG_CII) == []
    assert EInvoice.objects.filter(invoice=made).count() == 2


def test_a_draft_is_written_anew_and_not_kept(owner, company):
    made = draft(line(tax_rate=19), of=buyer())
    assert f"<cbc:ID>{made.number}<" in owner.get(f"/invoices/{made.pk}/xml").response.content.decode()
    assert not EInvoice.objects.exists()


def test_the_job_keeps_what_the_customer_gets(company):
    made = sent(line(tax_rate=19), of=buyer("facturx"))
    e_invoices.issue_e_invoice(invoice_id=str(made.pk), language="de")
    assert EInvoice.objects.get(invoice=made).profile == Profile.FACTURX
    plain = sent(line(tax_rate=19), of=buyer("none"))
    e_invoices.issue_e_invoice(invoice_id=str(plain.pk), language="de")
    assert not EInvoice.objects.filter(invoice=plain).exists()


def test_factur_x_is_the_pdf_with_its_xml_inside(owner, company):
    made = sent(line(tax_rate=19), of=buyer("facturx", language="de"))
    answer = owner.get(f"/invoices/{made.pk}/pdf", profile="facturx")
    reader = PdfReader(io.BytesIO(answer.response.content))
    (xml,) = reader.attachments["factur-x.xml"]
    assert xml == owner.get(f"/invoices/{made.pk}/xml", profile="facturx").response.content
    assert refusals(xml, Profile.FACTURX) == []
    metadata = present(reader.xmp_metadata).stream.get_data().decode()
    assert "<fx:ConformanceLevel>EN 16931<" in metadata
    assert "<pdfaid:part>3<" in metadata
    assert present(reader.metadata).title == f"Rechnung {made.number}"
    assert made.number in reader.pages[0].extract_text()
    assert owner.get(f"/invoices/{made.pk}/pdf", profile="facturx").response.content == answer.response.content
    assert owner.get(f"/invoices/{made.pk}/pdf").response.content != answer.response.content


def test_without_a_profile_it_must_be_said(owner, company):
    made = draft(line(tax_rate=19), of=buyer("none"))
    for path in ("xml", "check"):
        owner.get(f"/invoices/{made.pk}/{path}").refused(400, "profile")
        assert owner.get(f"/invoices/{made.pk}/{path}", profile="facturx").status == 200
    owner.get(f"/invoices/{made.pk}/xml", profile="pdf").refused(400, "profile")
    owner.get(f"/invoices/{made.pk}/pdf", profile="peppol").refused(400, "profile")


def test_a_credit_note_is_one_too(owner, company):
    made = sent(line(1000, 3, tax_rate=19), of=buyer())
    note = CreditNote.objects.get(pk=credited(made, quantity=Decimal(1)))
    answer = owner.get(f"/credit-notes/{note.pk}/xml")
    assert refusals(answer.response.content, Profile.XRECHNUNG_UBL) == []
    written = answer.response.content.decode()
    assert "<cbc:CreditNoteTypeCode>381<" in written
    assert f"<cbc:ID>{made.number}<" in written
    assert bytes(EInvoice.objects.get(credit_note=note).xml) == answer.response.content
    amount = CreditNote.objects.get(pk=credited(made, amount=333))
    embedded = owner.get(f"/credit-notes/{amount.pk}/pdf", profile="facturx").response.content
    (xml,) = PdfReader(io.BytesIO(embedded)).attachments["factur-x.xml"]
    assert refusals(xml, Profile.FACTURX) == []
    proposal = create_credit_note(invoice_id=made.pk, reason="Too much", actor=SYSTEM)
    assert owner.get(f"/credit-notes/{proposal}/check").ok() == {"data": []}
    assert "<cbc:ID>DRAFT<" in owner.get(f"/credit-notes/{proposal}/xml").response.content.decode()


@pytest.mark.parametrize("kind", ["xrechnung", "facturx"])
def test_what_never_was_an_e_invoice_is_corrected_without_one(office, owner, company, kind):
    made = sent(line(tax_rate=0), of=buyer("none", email="stadt@example.com"))
    Party.objects.filter(pk=made.customer_id).update(e_invoice=kind)
    note = owner.get(f"/credit-notes/{credited(made, amount=400)}").ok()
    owner.post(f"/credit-notes/{note['id']}/email").ok(201)
    cancelled = owner.post(f"/invoices/{made.pk}/cancel").ok()
    assert (note["total"], cancelled["status"]) == (400, "cancelled")
    owner.post(f"/credit-notes/{cancelled['credit_note_id']}/email").ok(201)
    assert not queued("billing.services.e_invoices.")
    deliver()
    files = [[part.get_content_type() for part in mail.iter_attachments()] for mail in office.mails]
    assert files == [["application/pdf"]] * 2
    owner.get(f"/credit-notes/{note['id']}/xml").refused(422, "lines.0.tax_code")


def test_what_was_an_e_invoice_is_corrected_with_one(owner, company):
    made = sent(line(tax_rate=19), of=buyer())
    Party.objects.filter(pk=made.customer_id).update(electronic_address_id=None, electronic_address_scheme=None)
    owner.post(f"/invoices/{made.pk}/cancel").refused(422, "customer.electronic_address")
    Party.objects.filter(pk=made.customer_id).update(electronic_address_id=LEITWEG, electronic_address_scheme="0204")
    owner.post(f"/invoices/{made.pk}/cancel").ok()


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "S": ("DE", {}),
    "Z": ("DE", {}),
    "E": ("DE", {}),
    "AE": ("AT", {"vat_id": "ATU13585627"}),
    "K": ("FR", {"vat_id": "FR40303265045"}),
    "G": ("UA", {}),
    "O": ("DE", {}),
}


@pytest.mark.parametrize("profile", list(Profile))
def test_each_category_passes_the_official_rules_as_invoice_and_as_credit_note(profile, company):
    try:
        require_rules(profile)
    except RulesMissingError as missing:
        pytest.skip(str(missing))
    e_invoice = {Profile.PEPPOL: "peppol", Profile.FACTURX: "facturx"}.get(profile, "xrechnung")
    for category, (country, fields) in CASES.items():
        code = tax_code(category=category)
        lines = [
            line(2534, "2.5", tax_code=code.code, tax_rate=code.rate, price_base_quantity=Decimal(100), discount=3),
            line(999, 7, tax_code=code.code, tax_rate=code.rate, unit_code="KGM"),
        ]
        made = sent(*lines, of=buyer(e_invoice, country=country, **fields))
        note = credited(made, quantity=Decimal("1.1"))
        sources = (
            e_invoices.invoice_source(Invoice.objects.all(), made.pk, language="de"),
            e_invoices.credit_note_source(CreditNote.objects.all(), note, language="uk"),
        )
        for source in sources:
            assert refusals(e_invoices.e_invoice(source, profile).xml, profile) == [], category


def test_terms_come_from_the_documents_columns(company):
    sku = item(currency="EUR")
    made = draft(
        line(tax_rate=19, item_id=sku),
        of=buyer(),
        issue_date=dt.date(2026, 11, 2),
        service_start=dt.date(2026, 10, 1),
        service_end=dt.date(2026, 10, 31),
        purchase_order_reference="PO 17",
        buyer_reference="Abteilung 3",
        delivery_address={"street": "Hafen 2", "city": "Bonn", "country_id": str(Country.objects.get(code="DE").pk)},
        notes="Danke\x07!",
    )
    document = e_invoices.invoice_source(Invoice.objects.all(), made.pk, language="de").document
    assert document.period
    assert (document.period.start, document.period.end) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert (document.purchase_order, document.buyer_reference) == ("PO 17", "Abteilung 3")
    assert (document.note, document.due_date) == ("Danke!", made.due_date)
    assert document.delivery
    assert document.delivery.date is None
    assert present(document.delivery.address).country == "DE"
    assert document.lines[0].item_number == Item.objects.get(pk=sku).sku
    assert present(document.payment).means_code == "58"
    assert present(present(document.payment).account).holder == "Muster Handel GmbH"


def test_three_decimals_and_unknown_currencies_are_refused_in_words(owner, company):
    made = draft(line(1234, tax_rate=19), of=buyer(currency="KWD"), currency="KWD")
    assert fields_of(owner.get(f"/invoices/{made.pk}/check")) == {"currency"}


def test_what_is_not_subject_to_tax_names_no_vat_id(company):
    made = draft(line(tax_code=tax_code(category="O").code), of=buyer(vat_id="DE136695976"))
    document = e_invoices.invoice_source(Invoice.objects.all(), made.pk, language="de").document
    assert (document.seller.vat_id, document.buyer.vat_id) == (None, None)
    assert document.taxes[0].reason == "Grund O"


def test_those_that_earlier_versions_kept_are_checked(owner, company):
    made = sent(line(tax_rate=19), of=buyer("none"))
    with without_triggers() as cursor:
        cursor.execute(
            'UPDATE billing_correspondents SET customer = \'{"name": "Alt", "address": null}\','
            ' seller = \'{"name": "Früher GmbH", "address": ["Weg 1"], "iban": "DE89 3704 0044 0532 0130 00"}\''
        )
    checked = owner.get(f"/invoices/{made.pk}/check", profile="facturx")
    assert {"company.country", "customer.address.country"} <= fields_of(checked)
    refused = owner.get(f"/invoices/{made.pk}/xml", profile="facturx").refused(422)
    assert "cancel the document and issue it anew" in refused["message"]


def test_what_goes_with_the_mail_is_what_the_customer_gets(company):
    as_xml, inside, neither = (sent(line(tax_rate=19), of=buyer(kind)) for kind in ("peppol", "facturx", "none"))
    file = e_invoices.attachment(as_xml, language="de")
    assert isinstance(file, XmlFile)
    assert (file.name, file.xml) == (f"{as_xml.number}.xml", bytes(EInvoice.objects.get(invoice=as_xml).xml))
    hybrid = e_invoices.attachment(inside, language="de")
    assert isinstance(hybrid, PdfFile)
    assert PdfReader(io.BytesIO(hybrid.pdf)).attachments
    assert e_invoices.attachment(neither, language="de") is None
    assert e_invoices.attachment(draft(line(tax_rate=19), of=buyer()), language="de") is None
    note = CreditNote.objects.get(pk=credited(inside))
    assert isinstance(e_invoices.attachment(note, language="de"), PdfFile)


def test_an_e_mail_has_the_xml_beside_the_pdf_or_inside(office, colleague, company):
    for kind, files in (("xrechnung", {"pdf", "xml"}), ("facturx", {"pdf"}), ("none", {"pdf"})):
        made = sent(line(tax_rate=19), of=buyer(kind, email="stadt@example.com"))
        colleague.post(f"/invoices/{made.pk}/email").ok(201)
        assert deliver() == 1
        attached = {part.get_filename(): part.get_content() for part in office.mails[-1].iter_attachments()}
        assert attached.keys() == {f"{made.number}.{kind_of_file}" for kind_of_file in files}
        inside = PdfReader(io.BytesIO(attached[f"{made.number}.pdf"])).attachments
        assert inside.keys() == ({"factur-x.xml"} if kind == "facturx" else set())


def test_the_command_checks_what_was_handed_out_and_what_could_be(company):
    made = sent(line(tax_rate=19), of=buyer())
    sent(line(tax_rate=0), of=buyer("none"))
    e_invoices.issue_e_invoice(invoice_id=str(made.pk), language="de")
    said = io.StringIO()
    call_command("check_e_invoices", stdout=said)
    assert said.getvalue() == "1 e-invoices checked.\n"
    call_command("check_e_invoices", profile="xrechnung-ubl", stdout=said)
    assert "1 documents checked as XRechnung (UBL)." in said.getvalue()
    assert "1 documents cannot be one because of lines.0.tax_code." in said.getvalue()
    with without_triggers() as cursor:
        spoiled = bytes(EInvoice.objects.get().xml).replace(b"<cbc:BuyerReference>04", b"<cbc:Buyer>04")
        spoiled = spoiled.replace(b"</cbc:BuyerReference>", b"</cbc:Buyer>")
        cursor.execute("UPDATE billing_e_invoice SET xml = %s, checksum = encode(sha256(%s), 'hex')", [spoiled] * 2)
    with pytest.raises(CommandError, match="1 e-invoices would be refused"):
        call_command("check_e_invoices", stdout=said)
    assert f"{made.number} (XRechnung (UBL)): refused: XSD" in said.getvalue()


def test_the_command_says_what_it_cannot_check(company, tmp_path, settings):
    settings.BASE_DIR = tmp_path
    peppol = sent(line(tax_rate=19), of=buyer("peppol"))
    e_invoices.issue_e_invoice(invoice_id=str(peppol.pk), language="de")
    with pytest.raises(CommandError, match=r"not checked.*make official-rules"):
        call_command("check_e_invoices", stdout=io.StringIO())
    authority = sent(line(tax_rate=19), of=buyer())
    e_invoices.issue_e_invoice(invoice_id=str(authority.pk), language="de")
    said = io.StringIO()
    call_command("check_e_invoices", stdout=said)
    checked, missing = said.getvalue().splitlines()
    assert checked == "1 e-invoices checked."
    assert missing.startswith("1 e-invoices not checked. The rules of Peppol are not here.")


ATTACKS = {
    "one is changed": ("UPDATE billing_e_invoice SET profile = 'peppol'", "append_only"),
    "one is deleted": ("DELETE FROM billing_e_invoice", "append_only"),
    "all are truncated": ("TRUNCATE billing_e_invoice", "append_only"),
    "another file under that checksum": (
        "INSERT INTO billing_e_invoice (id, invoice_id, profile, checksum, xml, created_at)"
        " SELECT gen_random_uuid(), invoice_id, 'peppol', checksum, 'forged', now() FROM billing_e_invoice",
        "checksum_fits",
    ),
    "a second one": (
        "INSERT INTO billing_e_invoice (id, invoice_id, profile, checksum, xml, created_at)"
        " SELECT gen_random_uuid(), invoice_id, profile, checksum, xml, now() FROM billing_e_invoice",
        "of_invoice_unique",
    ),
    "an unknown profile": (
        "INSERT INTO billing_e_invoice (id, invoice_id, profile, checksum, xml, created_at)"
        " SELECT gen_random_uuid(), invoice_id, 'edifact', checksum, xml, now() FROM billing_e_invoice",
        "profile_known",
    ),
    "one of nothing": (
        "INSERT INTO billing_e_invoice (id, profile, checksum, xml, created_at)"
        " SELECT gen_random_uuid(), 'peppol', checksum, xml, now() FROM billing_e_invoice",
        "of_sent",
    ),
    "one of a draft": (
        "INSERT INTO billing_e_invoice (id, invoice_id, profile, checksum, xml, created_at)"
        " SELECT gen_random_uuid(), id, 'peppol', encode(sha256(''), 'hex'), '', now()"
        " FROM billing_invoice WHERE status = 'draft'",
        "of_sent",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_raw_sql_cannot_rewrite_what_was_handed_out(attack, company):
    draft()
    made = sent(line(tax_rate=19), of=buyer())
    e_invoices.issue_e_invoice(invoice_id=str(made.pk), language="de")
    sql, rule = ATTACKS[attack]
    connection.check_constraints()  # pending checks would prevent TRUNCATE
    refused = refusal_of(lambda: connection.cursor().execute(sql))
    assert isinstance(refused, IntegrityError)
    assert rule in present(database_error(refused).diag.constraint_name)


@pytest.mark.django_db(transaction=True)
def test_two_who_fetch_it_at_the_same_moment_get_the_same(company):
    made = sent(line(tax_rate=19), of=buyer("peppol"))

    def fetch(n: int) -> bytes:
        source = e_invoices.invoice_source(Invoice.objects.all(), made.pk, language=("de", "en")[n % 2])
        return e_invoices.e_invoice(source, None).xml

    answers = run_in_threads(4, fetch)
    assert len(set(answers)) == 1
    assert EInvoice.objects.count() == 1
