"""Postings by hand to the accounts of documents: only on purpose, with the party, and listed by `verify_books`."""

import pytest
from beancount import loader
from django.core.management import call_command
from django.db import IntegrityError, connection

from accounting.choices import SourceType
from accounting.models import Account, Entry, Line
from accounting.services import Posting, post_entry
from accounting.tests.factories import post, somebody
from accounting.tests.test_api import transaction
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid
from skeleton.kernel.ids import uuid7
from skeleton.testkit.narrowing import present

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]


def body(code, **line):
    """Return a transaction with 500 in debit of the account, by id, and in credit of the capital."""
    made = transaction((Account.objects.get(code=code).pk, 500, 0), ("3100", 0, 500))
    made["lines"][0] |= line
    return made


@pytest.mark.parametrize("code", ["1300", "2300", "2200"])
def test_they_are_not_posted_to_by_accident(owner, code):
    refused = owner.post("/transactions", body(code)).refused(422, "lines.0.override")
    told = f"Documents post to account {code}. To post to it by hand, set override to true."
    assert refused["details"] == {"lines.0.override": told}
    owner.post("/transactions", body(code, override=False)).refused(422, "lines.0.override")
    by_code = transaction((code, 500, 0), ("3100", 0, 500))
    owner.post("/transactions", by_code).refused(422, "lines.0.override")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("code", ["1300", "2300"])
def test_receivables_and_advances_need_the_customer(owner, code):
    refused = owner.post("/transactions", body(code, override=True)).refused(422, "lines.0.party_id")
    assert refused["details"] == {"lines.0.party_id": f"Name the customer: account {code} is kept by customer."}
    unknown = owner.post("/transactions", body(code, override=True, party_id=str(uuid7()))).refused(422)
    assert unknown["details"] == {"lines.0.party_id": "Unknown party."}
    who = str(somebody())
    made = owner.post("/transactions", body(code, override=True, party_id=who)).ok(201)
    assert [line["party_id"] for line in made["lines"]] == [who, None]
    assert "override" not in made["lines"][0]


def test_tax_needs_no_party(owner):
    owner.post("/transactions", body("2200", override=True)).ok(201)


def test_other_accounts_need_neither_and_may_name_a_party(owner):
    owner.post("/transactions", body("1200")).ok(201)
    who = str(somebody())
    made = owner.post("/transactions", body("5400", party_id=who)).ok(201)
    assert made["lines"][0]["party_id"] == who


def test_the_reversal_names_the_same_party(owner):
    entry = post("1300", "4000", 70)
    made = owner.post(f"/transactions/{entry}/reverse").ok(201)
    assert made["lines"][0]["party_id"] == str(somebody())


def test_the_codes_are_those_of_the_settings(settings):
    settings.SKELETON_ACCOUNTS = {**settings.SKELETON_ACCOUNTS, "TAX": "2100"}
    with pytest.raises(Invalid) as refused:
        post_entry(description="x", lines=[Posting("2100", debit=5), Posting("3100", credit=5)], actor=SYSTEM)
    assert list(present(refused.value.details)) == ["lines.0.override"]
    post_entry(description="x", lines=[Posting("2200", debit=5), Posting("3100", credit=5)], actor=SYSTEM)


def test_a_party_with_postings_stays():
    post("1300", "4000", 70)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM parties_party")
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_they_are_listed_apart_and_are_no_difference(owner, capsys):
    post("5300", "1200", 1)
    call_command("verify_books")
    assert "by hand" not in capsys.readouterr().out
    entry = post("1300", "4000", 70, "2026-01-05")
    undone = owner.post(f"/transactions/{entry}/reverse", {"date": "2026-01-06"}).ok(201)["id"]
    post("4000", "2200", 9, "2026-01-07", "EUR")
    call_command("verify_books")
    said = capsys.readouterr().out
    assert "note    postings by hand on the accounts of documents" in said
    assert f"2026-01-05, account 1300: +70 USD for Somebody in entry {entry} (minor units)" in said
    assert f"2026-01-06, account 1300: -70 USD for Somebody in entry {undone} (minor units)" in said
    assert "2026-01-07, account 2200: -9 EUR for no party in entry" in said
    assert "The books are right." in said


def test_the_export_names_the_party(tmp_path):
    post("1300", "4000", 70)
    path = tmp_path / "journal.beancount"
    call_command("export_beancount", output=path)
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    postings = [posting for entry in entries for posting in getattr(entry, "postings", ())]
    assert [posting.meta.get("party") for posting in postings] == [str(somebody()), None]


def test_a_code_in_use_with_another_type_is_named_by_the_document():
    """An entry of a document is refused where a role's account isn't what it must be."""
    lines = [Posting("1100", debit=5), Posting("4000", credit=5)]
    Account.objects.filter(code="1100").update(type="expense", parent=None)
    with pytest.raises(Invalid) as refused:
        post_entry(description="x", lines=lines, actor=SYSTEM, source_type=SourceType.PAYMENT, source_id=uuid7())
    told = "Account 1100 is of type expense, but this is posted to accounts of type asset only."
    assert {name: str(text) for name, text in present(refused.value.details).items()} == {"lines.0.account_id": told}
    post_entry(description="x", lines=lines, actor=SYSTEM)
    assert Line.objects.count() == 2
