"""Every error message is translated completely into all languages, with its values, and with names unchanged."""

import datetime as dt
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils.translation import override

from billing import state_machine as orders
from billing import state_messages
from billing.choices import InvoiceStatus, OrderStatus
from billing.services.credit import require_credit
from billing.tests.factories import customer, draft, line, order, ordered, sent
from contracts import state_machine as contracts
from contracts.choices import Action, ContractStatus
from inventory.errors import NotEnoughStock
from parties import services as parties
from parties.choices import PartyKind
from parties.tests.factories import CustomerFactory, deactivated
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.importexport.errors import InvalidFile
from skeleton.importexport.sheets import read_sheet
from skeleton.kernel import constraints
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import CODES, Conflict, DomainError, Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.translation import in_source_language
from skeleton.rest.handler import error_response
from tests.refusals.language import ENGLISH, LANGUAGES, LATIN

TRICKY = ("This is Digital Ltd", "Draft & Sent GmbH", "The order {status} %(name)s")


def in_language(text, language):
    with override(language):
        return str(text)


def wholly_translated(error, *names):
    """Assert that an error is translated into each language, with `names`, without English words or placeholders."""
    texts = [error.message, *(text for text in (error.details or {}).values() if hasattr(text, "_proxy____cast"))]
    for text in texts:
        source = str(in_source_language(text))
        assert source
        for language in LANGUAGES:
            told = in_language(text, language)
            bare = told
            for name in names:
                assert (name in told) == (name in source), told
                bare = bare.replace(name, "")
            assert told != source
            assert not ENGLISH.search(bare), told
            assert not re.search(r"\{\w+\}|%\(\w+\)", bare), told
            assert language != "uk" or not LATIN.search(bare), told


# --- one table of codes -----------------------------------------------------------------------------------------------


def every_error():
    found, left = [], [DomainError]
    while left:
        one = left.pop()
        found.append(one)
        left += one.__subclasses__()
    return [one for one in found if one.__module__.split(".")[0] in OURS]


OURS = ("skeleton", "parties", "accounting", "messenger", "inventory", "contracts", "billing")


def test_every_error_has_a_code_of_the_table_and_its_status():
    assert {one.code for one in every_error()} <= CODES.keys()
    assert all(one.status == CODES[one.code].status for one in every_error())


def test_another_code_cannot_be_declared():
    with pytest.raises(KeyError):
        type("Teapot", (DomainError,), {"code": "teapot"})


def test_statuses_are_told_apart_by_their_codes():
    statuses = Counter(code.status for code in CODES.values())
    assert [status for status, codes in statuses.items() if codes > 1] == [
        422
    ]  # validation_error, idempotency_mismatch


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_what_errors_say_by_default(kind):
    for language in LANGUAGES:
        assert in_language(kind.default_message, language) != in_source_language(kind.default_message)


# --- constraints ------------------------------------------------------------------------------------------------------


NAMED = """
    SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype IN ('c', 'u', 'x') AND relnamespace = 'public'::regnamespace AND relname !~ '^(procrastinate|django)'
    UNION
    SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace
        AND indrelid::regclass::text !~ '^(procrastinate|django)'
"""


def named_in_database(cursor) -> set[str]:
    cursor.execute(NAMED)
    return {name for (name,) in cursor.fetchall()}


def raised_by_triggers(cursor) -> set[str]:
    """Return the constraint names that our database functions raise."""
    cursor.execute("SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang > 13")
    sources = "\n".join(source for (source,) in cursor.fetchall())
    cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
    triggers = "\n".join(text for (text,) in cursor.fetchall())
    named = re.findall(r"CONSTRAINT\s*=\s*'(\w+)'", sources) + re.findall(r"_refuse\(\s*'(\w+)'", sources)
    return {*named, *re.findall(r"EXECUTE FUNCTION \w*refuse\w*\('(\w+)'", triggers)}


NOT_OURS = re.compile(r"^(django_|procrastinate_|auth_|pg_)|_(key|uniq|like)$|_not_null$")
"""Constraints of Django and the queue, which no request can violate, or whose errors are mapped by SQLSTATE."""


@pytest.mark.django_db
def test_every_constraint_has_a_message_of_ours_in_every_language():
    with connection.cursor() as cursor:
        names = {name for name in named_in_database(cursor) if not NOT_OURS.search(name)} | raised_by_triggers(cursor)
    told = constraints.registered_errors()
    assert len(names) > 200
    assert sorted(names - told.keys()) == []


@pytest.mark.parametrize("name", sorted(constraints.registered_errors()))
def test_what_constraints_say(name):
    refusal = constraints.registered_errors()[name]
    assert "%(name)s" not in str(refusal.message)
    wholly_translated(refusal.build())


def test_no_language_is_remembered():
    refused = constraints.registered_errors()["parties_party_name_present"].build()
    assert in_language(refused.message, "de") == "Darf nicht leer sein."
    assert in_language(refused.message, "uk") == "Не може бути порожнім."
    assert in_source_language(refused.message) == "Must not be empty."


# --- what services refuse ---------------------------------------------------------------------------------------------


def refused(call, kind=DomainError):
    with pytest.raises(kind) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("target", OrderStatus)
def test_moves_of_orders(status, target):
    for invoiced in (True, False):
        try:
            orders.require_transition(status, target, invoiced=invoiced)
        except Conflict as error:
            wholly_translated(error)


@pytest.mark.parametrize(
    ("messages", "allowing"),
    [
        (state_messages.INVOICE_NOT_EDITABLE, {"draft"}),
        (state_messages.INVOICE_NOT_SENDABLE, {"draft"}),
        (state_messages.INVOICE_NOT_PAYABLE, {"sent", "part_paid"}),
        (state_messages.INVOICE_NOT_CANCELLABLE, {"draft"}),
        (state_messages.INVOICE_NOT_CREDITABLE, {"sent", "part_paid", "paid"}),
        (state_messages.NOTHING_TO_WRITE_OFF, {"sent", "part_paid"}),
    ],
)
def test_an_invoice_has_a_message_for_each_state_that_refuses(messages, allowing):
    assert messages.keys() == {*InvoiceStatus.values, state_messages.PART_PAID} - allowing
    for message in messages.values():
        wholly_translated(Conflict(message))


@pytest.mark.parametrize(
    ("messages", "allowing"),
    [
        (state_messages.ORDER_NOT_EDITABLE, {"draft"}),
        (state_messages.ORDER_NOT_BILLABLE, set(orders.COMMITTED)),
        (state_messages.ORDER_NEXT_STEPS, set()),
    ],
)
def test_an_order_has_a_message_for_each_state_that_refuses(messages, allowing):
    assert messages.keys() == set(OrderStatus.values) - allowing
    for message in messages.values():
        wholly_translated(Conflict(message))


@pytest.mark.parametrize("status", ContractStatus)
@pytest.mark.parametrize("action", Action)
def test_moves_of_contracts(status, action):
    for days in (-1, 1):
        today = dt.date(2026, 5, 1)
        state = contracts.ContractState(status, today + dt.timedelta(days), 3, 3, today)
        told = contracts.reason_not_allowed(action, state)
        if told:
            wholly_translated(Conflict(told))


@pytest.mark.django_db
@pytest.mark.parametrize("name", TRICKY)
class TestNames:
    def test_of_parties(self, name):
        party = deactivated(CustomerFactory.create(name=name))
        error = refused(lambda: draft(of=party), Conflict)
        wholly_translated(error, name)
        assert name in in_language(error.message, "de")
        assert "Inaktiv" in in_language(error.message, "de")

    def test_of_items(self, name):
        error = NotEnoughStock(Decimal("1334.5"), item_id=uuid7(), of=name)
        assert in_language(error.message, "de") == f"Der Bestand von {name} reicht nicht aus. Verfügbar: 1.334,5."
        assert in_source_language(error.message) == f"There is not enough stock of {name}: 1,334.5 available."
        wholly_translated(error, name)

    def test_of_files(self, name):
        error = refused(lambda: _read(name.encode() + b"\na,b"), InvalidFile)
        assert in_language(error.message, "de").startswith("Zeile 2 hat mehr Zellen")
        wholly_translated(error, name)


def _read(content):
    with read_sheet(content) as sheet:
        list(sheet.rows)


@pytest.mark.django_db
def test_amounts_are_written_as_the_language_does(chart):
    party = customer(credit_limit=155_000, currency="USD")
    made = order(ordered(), of=party)
    usable = parties.UsableParty(party.pk, PartyKind.CUSTOMER, party.name, "USD", 155_000, None)
    made.total = 155_001
    error = refused(lambda: require_credit(usable, made), Conflict)
    assert "1.550,00 USD" in in_language(error.message, "de")
    assert "1\u00a0550,00 USD" in in_language(error.message, "uk")
    assert "1,550.00 USD" in str(in_source_language(error.message))
    wholly_translated(error)


@pytest.mark.django_db
def test_a_party_that_has_the_status_already():
    for kind in PartyKind:
        party = CustomerFactory.create(kind=kind) if kind == PartyKind.CUSTOMER else None
        if party:
            call = lambda party=party, kind=kind: parties.change_status(  # noqa: E731
                kind=kind, pk=party.pk, action="activate", actor=SYSTEM
            )
            wholly_translated(refused(call, Conflict))
        wholly_translated(refused(lambda kind=kind: _held(kind), Invalid))


def _held(kind):
    parties.require_usable(uuid7(), kind)


# --- the two sides ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_back_office_says_in_german_what_the_api_says_in_english(chart):
    user = user_in_role("super_admin", language="de")
    invoice = sent(line(1_000))
    pages, api = Client(), client_of(user)
    pages.force_login(user)
    page = pages.post(f"/admin/billing/invoice/{invoice.pk}/send/").content.decode()
    assert (
        "Diese Rechnung wurde bereits ausgestellt. Um sie zu ersetzen, stornieren Sie sie und erstellen Sie eine neue."
        in page
    )
    pages.cookies["skeleton_language"] = "de"
    answer = api.post(f"/invoices/{invoice.pk}/send")
    assert answer.status == 409
    assert answer.data["message"] == (
        "This invoice has already been sent. To replace it, cancel it and create a new one."
    )


def test_the_api_is_english_whatever_language_is_active():
    error = NotEnoughStock(Decimal("334.5"), item_id=uuid7(), field="quantity")
    with override("de"):
        body = error_response(error).content.decode()
    assert "There is not enough stock: 334.5 available." in body
    assert "Bestand" not in body


@pytest.mark.django_db
def test_the_api_stays_english_with_a_cookie_and_a_header(chart):
    user = user_in_role("super_admin", language="uk")
    invoice = sent(line(1_000))
    client = client_of(user)
    headers = {"Accept-Language": "de", "Cookie": "skeleton_language=de"}
    answer = client.post(f"/invoices/{invoice.pk}/send", **headers)
    assert answer.data["message"] == (
        "This invoice has already been sent. To replace it, cancel it and create a new one."
    )
