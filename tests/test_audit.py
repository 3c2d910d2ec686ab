"""Every change of an audited row has an audit entry, whether it comes from a route, a command or plain SQL.

The audit triggers are read from PostgreSQL's catalog and tested with raw SQL. The tests of routes and commands check
that the entries name the actor and the action.
"""

import datetime as dt
import getpass
import re
import sys
from functools import partial
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from contracts.services import run_cycle
from contracts.tests.factories import active, today
from inventory.tests.factories import reserved, stocked
from skeleton.audit.actions import ACTIONS as LABELS
from skeleton.events import kinds, log
from skeleton.events.models import Event
from skeleton.files.tests.factories import upload
from skeleton.identity.services.roles import seed_default_roles
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.testkit.change_recorder import our_tables, record_changes, unaudited
from skeleton.testkit.matrix import tables
from skeleton.testkit.roles import refusal_of
from tests.writes import WRITES, World

UNAUDITED = {
    "accounting_month_total": "derived from lines by their trigger, which alone may write it",
    "accounting_total": "likewise",
    "audit_entry": "the log itself",
    "billing_correspondents": "written once with the sending of its invoice, which is audited",
    "billing_e_invoice": "an e-invoice as it was handed out, kept once and never changed",
    "billing_issued_document": "a printed copy of a document, kept once and never changed",
    "billing_order_status_change": "a history of its own, append-only, with who and when",
    "company_logo": "a picture, kept once and never changed; the company's entry names its file",
    "contracts_cycle": "that a period was settled; the contract's entry says what was done",
    "contracts_version": "written by the contract's trigger beside its audit entry, never changed",
    "core_idempotent_answer": "what was answered to a request, for its retries within a day",
    "core_job_done": "bookkeeping of the queue",
    "core_job_failure": "likewise",
    "core_number_series": "the last number given; the document has it",
    "core_row_count": "counts of rows",
    "core_throttle": "passing",
    "events_event": "the other log",
    "events_log": "how far the other log goes",
    "events_pending": "events on their way to their log",
    "exchange_import": "a file that somebody uploaded to import; the rows that it writes are audited",
    "identity_known_network": "where somebody signed in from, to count guesses apart",
    "identity_session": "signing in and out is not a change of the business; sessions are shown as such",
    "inventory_movement": "a history of its own, append-only, with who, when and why; the stock's entry has the change",
    "messenger_absence": "derived from who was a member when, which is audited",
    "messenger_attachment": "part of a message",
    "messenger_presence": "who is connected, passing",
    "messenger_ticket": "opens a stream once, passing",
    "notifications_notification": "one's own messages, and whether they are read",
    "notifications_occasion": "that somebody was told of something already",
}
"""Tables whose changes leave no audit entry, with the reason."""

NOT_EVERYTHING = {
    ("billing_email", "DELETE"): "refused",
    ("inventory_reservation", "DELETE"): "refused",
    ("accounting_line", "UPDATE"): "refused",
    ("accounting_line", "DELETE"): "refused",
    ("messenger_conversation", "DELETE"): "refused",
    ("messenger_member", "UPDATE"): "how far somebody has read",
    ("messenger_message", "INSERT"): "a message is its own record; that it was changed or withdrawn is audited",
    ("messenger_message", "DELETE"): "refused",
    ("notifications_delivery", "INSERT"): "written by jobs; what is audited is that a person had one sent again",
    ("notifications_delivery", "DELETE"): "goes with its notification",
}
"""Operations on audited tables without a trigger, with the reason. "refused" means that PostgreSQL rejects them."""

HIDDEN = {
    "accounting_entry": {"xact"},
    "billing_credit_note": {"search_text", "number_key", "seller", "buyer"},
    "billing_invoice": {"search_text", "number_key"},
    "billing_order": {"search_text", "number_key", "unbilled_total"},
    "billing_payment": {"search_text", "number_key", "allocated", "refunded"},
    "company_company": {"logo_id"},
    "contracts_contract": {"validity_period", "renewal_day"},
    "files_file": {"storage_key"},
    "identity_user": {"last_login", "password", "session_epoch"},
    "inventory_category": {"path"},
    "inventory_item": {"search_text", "sku_key"},
    "inventory_stock": {"available", "is_low"},
    "inventory_warehouse": {"code_key"},
    "messenger_conversation": {"last_seq", "last_activity_at"},
    "messenger_message": {"content"},
    "parties_party": {"phone_e164", "search_text", "total_purchases"},
}
"""Columns that entries omit: secrets, private messages, and values derived from other columns."""

WITHOUT_ENTRY = {
    "POST /auth/login": "opens a session",
    "POST /auth/refresh": "goes on with it",
    "POST /auth/logout": "ends it",
    "DELETE /auth/sessions/{id}": "likewise",
    "POST /auth/register": "nobody is signed in yet: test_a_registration_is_audited",
    "POST /files": "no JSON: test_an_upload_is_audited",
    "PATCH /notifications/{id}/read": "one's own messages",
    "POST /notifications/read-all": "likewise",
    "POST /conversations/{id}/read": "how far one has read",
    "POST /conversations/{id}/messages": "a message is its own record",
    "POST /messenger/tickets": "opens a stream once",
}
"""Routes that change no audited rows, or are tested separately."""

VERBS = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
SUCCESSFUL = (200, 201, 204)


def ask(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def audit_triggers():
    """Return the table, operation and arguments of every trigger that writes audit entries."""
    return ask("""
        SELECT c.relname, operation.name, encode(t.tgargs, 'escape')
        FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid AND p.prosrc LIKE '%%audit_write%%'
        JOIN (VALUES ('INSERT', 4), ('DELETE', 8), ('UPDATE', 16)) AS operation (name, bit) ON t.tgtype & bit > 0
        WHERE t.tgenabled = 'O' AND t.tgname LIKE '%%audit%%'""")


@pytest.mark.django_db
def test_every_table_is_audited_or_on_the_list():
    audited = {(table, operation) for table, operation, _ in audit_triggers()}
    ours = set(our_tables())
    missing = {
        (table, operation)
        for table in ours - set(UNAUDITED)
        for operation in ("INSERT", "UPDATE", "DELETE")
        if (table, operation) not in audited
    }
    assert missing == set(NOT_EVERYTHING)
    assert not set(UNAUDITED) & {table for table, _ in audited}, "a table on the list is audited: take it off"
    assert set(UNAUDITED) <= ours, "a table on the list is not there any more"


def test_what_is_said_to_be_refused_is_refused(walk):
    world, _ = walk
    invoice = world.invoice("send")
    world.chief.post(f"/invoices/{invoice['id']}/payments", {"amount": 100, "method": "card"}).ok(201)
    world.email()
    world.reservation()
    world.message()
    for (table, operation), why in NOT_EVERYTHING.items():
        if why == "refused":
            assert ask(f"SELECT 1 FROM {table} LIMIT 1"), table
            change = f"UPDATE {table} SET id = id" if operation == "UPDATE" else f"DELETE FROM {table}"
            with pytest.raises(DatabaseError), transaction.atomic():
                ask(change)


@pytest.mark.django_db
def test_columns_left_out_are_on_the_list():
    hidden = {}
    for table, _, arguments in audit_triggers():
        lists = re.findall(r"\{([a-z0-9_,]+)\}", arguments.replace("{kind}", ""))
        if lists:
            hidden[table] = set(lists[0].split(","))
    assert hidden == HIDDEN


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
)
def test_the_log_only_grows(change):
    World.begin()
    assert ask("SELECT 1 FROM audit_entry LIMIT 1")
    connection.check_constraints()  # PostgreSQL refuses TRUNCATE while foreign key checks are pending
    assert "append-only" in str(refusal_of(lambda: ask(change)))


# --- every write route ------------------------------------------------------------------------------------------------


def routes(app):
    return [str(route) for route in tables()[app] if route.method != "GET"]


def test_every_write_route_is_walked():
    there = {route for app in tables() for route in routes(app)}
    assert there == {*WRITES, *WITHOUT_ENTRY}


ACTIONS = {
    "POST /users/{id}/roles": "assign_role",
    "DELETE /users/{id}/roles/{role_id}": "remove_role",
    "POST /transactions": "post",
    "POST /accounting/opening": "open",
    "POST /conversations/{id}/members": "add_member",
    "DELETE /conversations/{id}/members": "remove_member",
    "PATCH /conversations/{id}/messages/{message_id}": "edit",
    "PUT /conversations/{id}/messages/{message_id}": "edit",
    "POST /stock": "receive",
    "POST /stock/receipt": "receive",
    "PATCH /orders/{id}/status": "confirm",
    "POST /orders/{id}/invoice": "invoice",
    "POST /invoices/{id}/payments": "record_payment",
    "POST /payments": "record_payment",
}
"""The action of the entry, if neither the path nor the method determines it."""


def expected_action(route):
    """Return the expected action: that in the path (with a part, for parts of documents), or that of the method."""
    method, path = route.split()
    words = path.split("/")
    if route in ACTIONS:
        return ACTIONS[route]
    if "lines" in words:
        return {"POST": "add_line", "DELETE": "delete_line"}.get(method, "update_line")
    if words[-1] in ("payment-terms", "delivery-terms"):
        return words[-1]
    if words[-1] == "preferences":
        return "update_preferences"
    verb = words[-1].replace("-", "_")
    return verb if verb in LABELS else VERBS[method]


@pytest.fixture
def walk(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    world = World.begin()
    with record_changes(UNAUDITED) as recorder:
        yield world, recorder


WITHOUT_EVENT = {("users", "change_password")}
"""Entries by resource and action whose object looks the same as before, so they have no event."""


def appended_events(after):
    """Return the events since the position `after`: of each object, its type, actor and request."""
    log.append_all()
    return {
        str(event.resource_id): (
            kinds.type_of(event.source, event.resource, event.verb),
            event.resource,
            str(event.actor_id),
            event.request_id,
        )
        for event in Event.objects.filter(position__gt=after)
    }


def missing_events(entries, events):
    """Yield the entries whose object has no event of a declared type."""
    known = kinds.event_types()
    for entry in entries:
        event_type, *said = events.get(entry.resource_id, ("no event", None, None, None))
        if (entry.resource, entry.action) in WITHOUT_EVENT:
            continue
        if event_type not in known or said != [entry.resource, str(entry.actor_id), entry.request_id]:
            yield f"an entry of {entry.resource} ({entry.action}): {event_type} {said}"


def complaints(route, world, recorder, answer, after):
    """Yield the problems of the audit entries of a request that has just been answered."""
    changes, entries = recorder.changes(), recorder.entries()
    if answer.status not in SUCCESSFUL:
        yield f"{route}: not successful: {answer}"
    if not changes or not entries:
        yield f"{route}: nothing was changed, so nothing was shown"
    for change in unaudited(changes, entries, HIDDEN):
        yield f"{route}: {change.operation} of {change.table} {sorted(change.columns)} left no entry"
    for entry in entries:
        said = (entry.actor_id, entry.actor_email, entry.request_id)
        if said != (str(world.chief.user.pk), world.chief.user.email, answer.headers["X-Request-ID"]):
            yield f"{route}: an entry of {entry.resource} names {said}"
        if entry.action != expected_action(route):
            yield f"{route}: an entry of {entry.resource} says {entry.action}, not {expected_action(route)}"
    for problem in missing_events(entries, appended_events(after)):
        yield f"{route}: {problem}"


@pytest.mark.parametrize("app", tables())
def test_write_routes_leave_entries_and_events(app, walk):
    world, recorder = walk
    found = []
    for route in routes(app):
        if route not in WRITES:
            continue
        path, body = WRITES[route](world)
        recorder.discard()
        log.append_all()
        after = log.log_state().newest
        found += complaints(route, world, recorder, world.chief.call(route.split()[0], path, body), after)
    assert not found, "\n".join(found)


def test_a_registration_is_audited(walk, anonymous):
    world, recorder = walk
    recorder.discard()
    account = {"email": "new@example.com", "password": "a good password", "name": "New"}
    made = anonymous.post("/auth/register", account).ok(201)
    changes, entries = recorder.changes(), recorder.entries()
    assert changes
    assert not unaudited(changes, entries, HIDDEN)
    assert {(entry.action, entry.actor_id) for entry in entries} == {("create", made["user"]["id"])}


def test_an_upload_is_audited(walk):
    world, recorder = walk
    recorder.discard()
    pk = world.file()
    changes, entries = recorder.changes(), recorder.entries()
    assert changes
    assert not unaudited(changes, entries, HIDDEN)
    assert [(entry.action, entry.resource_id, entry.actor_id) for entry in entries] == [
        ("create", pk, str(world.chief.user.pk))
    ]


# --- every command and every job --------------------------------------------------------------------------------------

NOTHING_AUDITED = {
    "add_fonts": "copies files of fonts",
    "backup": "reads",
    "check_duplicates": "reads",
    "check_e_invoices": "reads",
    "document_schema": "writes files of the source",
    "draw_contracts": "writes a file of the source",
    "draw_orders": "likewise",
    "export_beancount": "reads",
    "grant_rights": "is about a role of the database, and its owner's",
    "restore": "puts the audit log back with everything else",
    "serve": "runs the others",
    "verify_books": "reads",
    "worker": "runs jobs",
}
"""Commands that change no audited rows."""


def our_commands():
    ours = {config.name for config in apps.get_app_configs() if "site-packages" not in config.path}
    return {name for name, app in get_commands().items() if app in ours}


def lose_bytes(folder, monkeypatch):
    """Create a file whose contents were removed."""
    upload(client_of(user_in_role("super_admin")))
    for path in (folder / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    return ["--yes", "--anyway", "--hours", "0"]


def late_reservation(folder, monkeypatch):
    reserved(stocked(10), 3, expires_at=timezone.now() - dt.timedelta(seconds=1))


def ended_contract(folder, monkeypatch):
    """Run the daily job of tomorrow for a contract that ends today."""
    active(end_date=today())
    tomorrow = partial(run_cycle, today=today() + dt.timedelta(days=1))
    monkeypatch.setattr("contracts.management.commands.run_contract_cycle.run_cycle", tomorrow)


def roles(folder, monkeypatch):
    seed_default_roles()


def foundations(folder, monkeypatch):
    for command in ("seed_roles", "seed_countries", "seed_accounts", "seed_admin"):
        call_command(command, verbosity=0, stdout=StringIO())
    return ["--scale", "0.01"]


def first_user(folder, monkeypatch):
    seed_default_roles()
    for name, value in {"EMAIL": "root@example.com", "NAME": "Root", "PASSWORD": "a good password"}.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    return ["--noinput"]


def new_password(folder, monkeypatch):
    user = user_in_role("super_admin")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda *args, **kwargs: "another good password")
    return [user.email]


def nothing(folder, monkeypatch):
    pass


DJANGOS = {"changepassword", "createsuperuser"}
"""Django's commands that change users."""

COMMANDS = {
    "changepassword": new_password,
    "createsuperuser": first_user,
    "seed_roles": nothing,
    "seed_demo": foundations,
    "seed_countries": nothing,
    "seed_accounts": nothing,
    "seed_admin": roles,
    "seed_company": nothing,
    "seed_tax_codes": lambda *_given: ["--country", "DE"],
    "sweep_files": lose_bytes,
    "expire_reservations": late_reservation,
    "run_contract_cycle": ended_contract,
}
"""By command, a function that creates the data it needs and returns its arguments."""


def test_every_command_is_walked():
    assert our_commands() | DJANGOS == {*COMMANDS, *NOTHING_AUDITED}


@pytest.mark.django_db
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_commands_leave_entries(command, tmp_path, settings, monkeypatch):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    arguments = COMMANDS[command](tmp_path, monkeypatch) or []
    with record_changes(UNAUDITED) as recorder:
        call_command(command, *arguments, stdout=StringIO())
        changes, entries = recorder.changes(), recorder.entries()
    assert changes
    assert not unaudited(changes, entries, HIDDEN)
    assert all(entry.actor_email for entry in entries), "no verb was said"
    if command != "seed_demo":  # it has its own users
        assert {(entry.actor_id, entry.actor_email) for entry in entries} == {(None, "system")}
