"""Every change of an audited row by a form or an action of the back office has an audit entry with the actor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile

from accounting.closing_models import YearClosing
from billing.models import DocumentEmail, Invoice, Payment
from parties.tests.factories import UKRAINE
from skeleton.company.models import Company
from skeleton.company.services import upload_logo
from skeleton.company.tests.factories import IBAN, picture, set_up
from skeleton.identity.models import UserRole
from skeleton.identity.tests.factories import RoleFactory, actor_of, user_with
from skeleton.jobs.tests.jobs import count
from skeleton.notifications.models import Delivery, Preferences
from skeleton.notifications.tests.factories import tell
from skeleton.office.admins import ReadOnlyAdmin
from skeleton.office.records import RecordAdmin
from skeleton.testkit.change_recorder import record_changes, unaudited
from skeleton.testkit.pages import fields_of
from skeleton.testkit.visitor import Visitor
from tests.test_audit import HIDDEN, UNAUDITED
from tests.writes import LAST_YEAR, PAST, World

Make = Callable[[World], str]
"""Creates a record in the state that an action requires, and returns its id."""


@dataclass
class Walk:
    """An admin: how to create a record, the values to add and to change one, and per action its record and values."""

    make: Make
    add: Callable[[World], dict[str, Any]] | None = None
    change: dict[str, Any] | None = None
    actions: dict[str, tuple[Make, Callable[[World], dict[str, Any]]]] = field(default_factory=dict)


def nothing(_world):
    return {}


def made(which):
    return lambda world: which(world)["id"]


def closed_year(world):
    """Close the last year."""
    world.closed_year()
    return str(YearClosing.objects.filter(reopened_at=None).latest("pk").pk)


def holder(world):
    """Create a user with a role."""
    return str(user_with("files:read").pk)


def another(world):
    return {"role": str(RoleFactory.create().pk)}


def held(world):
    return {"role": str(UserRole.objects.latest("id").role_id)}


def payment(world):
    return world.payment(world.party())


def new_payment(world):
    buyer = world.party()
    return {"customer_id": buyer, "amount": "5.00", "method": "card", "shown_for": f"{buyer} USD"}


def invoice_with_money(world):
    found = world.invoice("send")
    world.payment(found["customer_id"])
    return found["id"]


def payment_beside_invoice(world):
    return world.payment(world.invoice("send")["customer_id"])


def written_off(world):
    found = world.invoice("send")["id"]
    world.chief.post(f"/invoices/{found}/write-off", {"reason": "Lost"}).ok()
    return found


def from_payment(_world):
    return {"source": f"payment {Payment.objects.latest('id').pk}"}


def newest_invoice(_world):
    return {"invoice_id": str(Invoice.objects.latest("id").pk)}


def credit_beside_invoice(world):
    buyer = world.party()
    note = world.credit_on_account(buyer)
    world.invoice("send", customer_id=buyer)
    return note


def allocated_credit(world):
    buyer = world.party()
    note = world.credit_on_account(buyer)
    other = world.invoice("send", customer_id=buyer)["id"]
    world.chief.post(f"/credit-notes/{note}/allocate", {"invoice_id": other}).ok()
    return note


NO_ROWS = {"bank_accounts-TOTAL_FORMS": "0", "bank_accounts-INITIAL_FORMS": "0"}


def own_company(_world):
    set_up()
    return str(Company.objects.get().pk)


def company_with_logo(world):
    pk = own_company(world)
    upload_logo(content=picture(), name="logo.png", actor=actor_of(world.chief.user))
    return pk


def own_preferences(world):
    """Return the preferences that the form has added."""
    return str(Preferences.objects.get(user=world.chief.user).pk)


def not_delivered(world):
    return str(Delivery.objects.create(notification=tell(world.chief.user), channel="sms", status="failed").pk)


def party(kind):
    words: dict[str, Any] = {"name": "Acme", "email": "a@example.com"} | (
        {"position": "Clerk"} if kind == "employees" else {}
    )
    address = {"addresses-0-street": "1 Main St", "addresses-0-city": "Lviv", "addresses-0-country": UKRAINE}
    words |= address if kind != "customers" else {}
    actions = {
        "activate": (lambda world: world.party_that_is(kind, "deactivate"), nothing),
        "deactivate": (lambda world: world.party(kind), nothing),
        "blacklist": (lambda world: world.party(kind), nothing),
    }
    return Walk(lambda world: world.party(kind), lambda world: words, {"name": "New"}, actions)


codes = (f"X{letter}" for letter in "ABCDEFGHIJ")


def country(world, *steps):
    pk = world.create("/countries", {"code": next(codes), "name": {"en": "Nowhere"}})
    for step in steps:
        world.chief.patch(f"/countries/{pk}/{step}").ok()
    return pk


def inactive(world):
    pk = world.user()
    world.chief.patch(f"/users/{pk}/deactivate").ok()
    return pk


def goods(world):
    found = world.goods()
    return {"item_id": found["item_id"], "warehouse_id": found["warehouse_id"], "received": "5"}


def terms(world):
    return {
        "first_day": "2026-01-01",
        "last_day": "2090-01-01",
        "contract_type": "supply",
        "payment_type": "prepaid",
        "delivery_type": "pickup",
        "currency": "USD",
        "party_id": world.party(),
    }


def invoice(world):
    return {
        "customer_id": world.party(),
        "due_date": "2099-02-15",
        "lines-0-description": "Work",
        "lines-0-quantity": "1",
        "lines-0-unit_price": "10.00",
    }


def reserved(world):
    return world.reservation()


def failed_email(world):
    email = world.email()
    DocumentEmail.objects.filter(pk=email).update(status="failed")
    return email


def order(*states):
    return lambda world: world.order(*states)["id"]


def contract(*verbs):
    return lambda world: world.contract(*verbs)


SCREENS = {
    "identity.user": Walk(
        World.user,
        lambda w: {"email": "n@example.com", "name": "N", "password": "a good password"},
        {"name": "New"},
        {
            "give_role": (World.user, another),
            "take_role": (holder, held),
            "activate": (inactive, nothing),
            "deactivate": (World.user, nothing),
        },
    ),
    "identity.role": Walk(
        World.role, lambda w: {"name": "Seller"}, {"description": "New"}, {"remove": (World.role, nothing)}
    ),
    "parties.customer": party("customers"),
    "parties.supplier": party("suppliers"),
    "parties.partner": party("partners"),
    "parties.employee": party("employees"),
    "parties.country": Walk(
        country,
        lambda w: {"code": "XR", "name": "en: Somewhere"},
        {"region": "Europe"},
        {"activate": (lambda w: country(w, "deactivate"), nothing), "deactivate": (country, nothing)},
    ),
    "accounting.account": Walk(World.account, lambda w: {"code": "7998", "name": "C", "type": "asset"}, {"name": "N"}),
    "accounting.entry": Walk(
        World.transaction,
        lambda w: {
            "description": "Rent",
            "lines-0-account_id": w.account(),
            "lines-0-debit": "12.50",
            "lines-1-account_id": w.account(),
            "lines-1-credit": "12.50",
        },
        actions={"reverse": (World.transaction, nothing)},
    ),
    "accounting.taxcode": Walk(
        World.tax_code,
        lambda w: {"code": "XX-7", "name": "en: VAT 7 %", "category": "S", "rate": "7"},
        {"name": "en: New"},
    ),
    "accounting.period": Walk(
        World.period, World.days, None, {"close": (World.period, nothing), "reopen": (World.closed_period, nothing)}
    ),
    "accounting.yearclosing": Walk(
        closed_year, lambda _w: {"year": str(LAST_YEAR)}, None, {"reopen": (closed_year, nothing)}
    ),
    "inventory.category": Walk(
        World.category, lambda w: {"name": "Toys"}, {"name": "New"}, {"remove": (World.category, nothing)}
    ),
    "inventory.item": Walk(
        World.item, lambda w: {"sku": "Y-1", "name": "Y", "unit_price": "1.00", "currency": "USD"}, {"name": "New"}
    ),
    "inventory.warehouse": Walk(World.warehouse, lambda w: {"name": "Big"}, {"name": "Bigger"}),
    "inventory.stock": Walk(
        made(World.stock),
        goods,
        {"reorder_point": "3"},
        {
            "adjust": (made(World.stock), lambda w: {"quantity": "-1", "reason": "Broken"}),
            "issue": (made(World.stock), lambda w: {"quantity": "1"}),
            "transfer": (made(World.stock), lambda w: {"quantity": "1", "to_warehouse_id": w.warehouse()}),
        },
    ),
    "inventory.reservation": Walk(reserved, actions={"fulfill": (reserved, nothing), "cancel": (reserved, nothing)}),
    "contracts.contract": Walk(
        contract(),
        terms,
        {"notes": "New"},
        {
            "submit": (contract(), nothing),
            "approve": (contract("submit"), nothing),
            "reject": (contract("submit"), lambda w: {"reason": "No"}),
            "activate": (contract(), nothing),
            "renew": (contract("activate"), lambda w: {"new_end_date": "2095-01-01"}),
            "payment_terms": (contract(), lambda w: {"penalty_rate": "1"}),
            "delivery_terms": (contract(), lambda w: {"insurance": "on"}),
            "terminate": (contract("activate"), lambda w: {"reason": "Enough"}),
        },
    ),
    "billing.invoice": Walk(
        made(World.invoice),
        invoice,
        {"notes": "New"},
        {
            "send": (made(World.invoice), nothing),
            "edit_notes": (made(World.invoice), lambda w: {"notes": "New"}),
            "email": (lambda w: w.invoice("send")["id"], nothing),
            "remind": (lambda w: w.invoice("send", due_date=PAST)["id"], nothing),
            "record_payment": (lambda w: w.invoice("send")["id"], lambda w: {"amount": "1.00", "method": "card"}),
            "cancel": (lambda w: w.invoice("send")["id"], nothing),
            "credit": (lambda w: w.invoice("send")["id"], lambda w: {"reason": "Late", "everything": "on"}),
            "use_on_account": (invoice_with_money, from_payment),
            "write_off": (lambda w: w.invoice("send")["id"], lambda w: {"reason": "Lost"}),
            "undo_write_off": (written_off, nothing),
        },
    ),
    "billing.payment": Walk(
        payment,
        new_payment,
        None,
        {
            "allocate": (payment_beside_invoice, newest_invoice),
            "take_back": (made(World.allocated), newest_invoice),
            "refund": (payment, lambda w: {"method": "cash"}),
            "reverse": (payment, lambda w: {"reason": "A mistake"}),
        },
    ),
    "billing.creditnote": Walk(
        World.credit_note,
        actions={
            "send": (World.credit_note, nothing),
            "edit": (World.credit_note, lambda w: {"reason": "New"}),
            "email": (World.credit_on_account, nothing),
            "delete": (World.credit_note, nothing),
            "allocate": (credit_beside_invoice, newest_invoice),
            "take_back": (allocated_credit, newest_invoice),
            "refund": (World.credit_on_account, lambda w: {"method": "cash"}),
        },
    ),
    "billing.order": Walk(
        made(World.order),
        lambda w: {"customer_id": w.party(), "lines-0-item_id": w.item(), "lines-0-quantity": "2"},
        {"notes": "New"},
        {
            "submit": (made(World.order), nothing),
            "confirm": (made(World.order), nothing),
            "ship": (order("confirmed"), nothing),
            "deliver": (order("confirmed", "shipped"), nothing),
            "invoice": (order("confirmed"), nothing),
            "email": (order("pending"), nothing),
            "cancel": (made(World.order), nothing),
        },
    ),
    "billing.documentemail": Walk(World.email, actions={"send_again": (failed_email, nothing)}),
    "jobs.job": Walk(
        lambda w: str(count.enqueue(key="x")),
        actions={
            "run_now": (lambda w: str(count.enqueue(key="x")), nothing),
            "cancel": (lambda w: str(count.enqueue(key="x")), nothing),
        },
    ),
    "files.file": Walk(World.file, actions={"remove": (World.file, nothing)}),
    "notifications.preferences": Walk(own_preferences, lambda w: {"sms_enabled": "on"}, {"timezone": "Europe/Kyiv"}),
    "company.company": Walk(
        own_company,
        lambda w: {"legal_name": "Muster GmbH", **NO_ROWS},
        {"city": "Berlin", "bank_accounts-TOTAL_FORMS": "1", "bank_accounts-0-iban": IBAN},
        {
            "upload_logo": (own_company, lambda w: {"logo_file_id": SimpleUploadedFile("logo.png", picture())}),
            "remove_logo": (company_with_logo, nothing),
        },
    ),
    "notifications.delivery": Walk(not_delivered, actions={"send_again": (not_delivered, nothing)}),
}

NOTHING_TO_DO = {
    "audit.auditentry": "read only",
    "inventory.movement": "read only",
    "notifications.notification": "one's own messages, and whether they are read",
}
QUEUE = "jobs.job"
"""Changes of its table are not recorded, because it is not ours, but its actions have entries."""


def screens():
    return {model._meta.label_lower: screen for model, screen in admin.site._registry.items()}


def actions_of(screen):
    """Return the actions that change something, without downloads."""
    return {
        name
        for name in screen._extract_action_names(screen.record_actions)
        if not name.startswith(("pdf", "download", "e_invoice_"))
    }


def has_form_for_new(screen):
    """Return whether the admin has a form for a new record: that of its model, or its own."""
    return isinstance(screen, RecordAdmin) or type(screen).add_view is not ReadOnlyAdmin.add_view


def test_every_form_and_action_is_tested():
    assert set(screens()) == {*SCREENS, *NOTHING_TO_DO}
    for name, walk in SCREENS.items():
        screen = screens()[name]
        assert actions_of(screen) == set(walk.actions), name
        assert has_form_for_new(screen) == (walk.add is not None), name


@pytest.fixture
def visit(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    world = World.begin()
    with record_changes(UNAUDITED) as recorder:
        yield world, recorder, Visitor(world.chief.user)


def complaints(name, what, visit, address, typed):
    """Fill in and submit the page at `address`, and yield the differences between the changes and the audit log."""
    world, recorder, browser = visit
    page = browser.get(address)
    assert page.status_code == 200, (what, address, page.status_code)
    recorder.discard()
    answer = browser.post(address, {**fields_of(page.content.decode()), **typed})
    changes, entries = recorder.changes(), recorder.entries()
    if answer.status_code != 302:
        form = answer.context.get("form") or answer.context["adminform"].form
        yield f"{name}: {what}: refused: {form.errors}"
        return
    if not entries or not (changes or name == QUEUE):
        yield f"{name}: {what}: nothing was changed, so nothing was tested"
    for change in unaudited(changes, entries, HIDDEN):
        yield f"{name}: {what}: {change.operation} of {change.table} {sorted(change.columns)} left no entry"
    for entry in entries:
        if (entry.actor_id, entry.actor_email) != (str(world.chief.user.pk), world.chief.user.email):
            yield f"{name}: {what}: an entry of {entry.resource} names {entry.actor_email or 'nobody'}"
        if entry.action in ("insert", "update_row"):
            yield f"{name}: {what}: an entry of {entry.resource} says no verb"


@pytest.mark.parametrize("name", SCREENS)
def test_screens_leave_entries(name, visit):
    world, walk = visit[0], SCREENS[name]
    place = f"/admin/{name.replace('.', '/')}/"
    found = []
    if walk.add:
        found += complaints(name, "add", visit, f"{place}add/", walk.add(world))
    if walk.change:
        found += complaints(name, "change", visit, f"{place}{walk.make(world)}/change/", walk.change)
    for action, (make, typed) in walk.actions.items():
        address = f"{place}{make(world)}/{action.replace('_', '-')}/"
        found += complaints(name, action, visit, address, typed(world))
    assert not found, "\n".join(found)
