"""The permissions of every screen, from a handwritten table, and the number of queries of each list."""

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounting.closing_models import YearClosing
from accounting.models import Entry, Period
from accounting.services import close_year, create_period
from accounting.tests.factories import account, post, tax_code
from billing.models import CreditNote
from billing.services.credit_notes import create_credit_note
from billing.tests.factories import customer, draft, order, part_paid, sent
from billing.tests.mailroom import mailed
from contracts.tests.factories import draft as contract
from inventory.models import Category, Item, Movement, Reservation, Warehouse
from inventory.tests import factories as inventory
from parties.tests.factories import (
    AddressFactory,
    CountryFactory,
    CustomerFactory,
    EmployeeFactory,
    PartnerFactory,
    SupplierFactory,
)
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import RoleFactory, UserFactory
from skeleton.jobs.models import Job
from skeleton.jobs.tests.jobs import count
from skeleton.kernel.actors import SYSTEM
from skeleton.notifications.models import Delivery
from skeleton.notifications.tests.factories import tell
from skeleton.testkit.screens import screens


@dataclass(frozen=True)
class Row:
    """A screen: its model, the permissions to read, add and change (any one is enough), and those of its actions."""

    model: str
    make: Callable[[], Any]
    read: tuple[str, ...]
    add: tuple[str, ...]
    change: tuple[str, ...]
    actions: Mapping[str, tuple[str, ...]]
    queries: int
    """Statements of a list of any length: session, user, actor, count, rows, and what the list's filters need."""
    downloads: tuple[str, ...] = ()
    """Acts that change nothing, for whoever may read."""


PARTIES = dict.fromkeys(("activate", "deactivate", "blacklist"), ("parties:write",))
PARTY = (("parties:read",), ("parties:write",), ("parties:write",), PARTIES)
CUSTOMER_WRITE = ("customers:write", "parties:write")
USERS = ("users:write",)
MANAGE = ("roles:manage",)
ORDER_ACTS = {
    **dict.fromkeys(("submit", "confirm", "ship", "deliver", "email", "cancel"), ("orders:write",)),
    "invoice": ("invoices:write",),
}
REFUNDS = ("invoices:refund",)
INVOICE_ACTS = {
    **dict.fromkeys(
        ("send", "record_payment", "email", "remind", "use_on_account", "credit", "edit_notes", "cancel"),
        ("invoices:write",),
    ),
    **dict.fromkeys(("write_off", "undo_write_off"), REFUNDS),
}
ALLOCATING = dict.fromkeys(("allocate", "take_back"), ("invoices:write",))
PAYMENT_ACTS = {**ALLOCATING, **dict.fromkeys(("refund", "reverse"), REFUNDS)}
CREDIT_NOTE_ACTS = {
    **ALLOCATING,
    **dict.fromkeys(("send", "edit", "email", "delete"), ("invoices:write",)),
    "refund": REFUNDS,
}
CONTRACT_WRITE = ("contracts:write", "parties:write")
CONTRACT_ACTS = dict.fromkeys(
    ("submit", "approve", "reject", "activate", "renew", "payment_terms", "delivery_terms", "terminate"), CONTRACT_WRITE
)
COUNTRY_ACTS = dict.fromkeys(("activate", "deactivate"), ("countries:write",))

CATALOG = (("catalog:read",), ("catalog:write",), ("catalog:write",))
INVENTORY = (("inventory:read",), ("inventory:write",), ("inventory:write",))
STOCK_ACTS = dict.fromkeys(("adjust", "issue", "transfer"), ("inventory:write",))
RESERVATION_ACTS = dict.fromkeys(("fulfill", "cancel"), ("inventory:write",))


PAPERS = ("pdf_en", "pdf_uk", "pdf_de")
E_INVOICES = ("e_invoice_xrechnung_ubl", "e_invoice_xrechnung_cii", "e_invoice_peppol", "e_invoice_facturx")
BOOKS = ("accounting:write",)
numbers = itertools.count(1)


def booked():
    debit, credit = (account(f"T{next(numbers)}").code for _ in range(2))
    return Entry.objects.get(pk=post(debit, credit, 100, day="2001-01-01"))


def period():
    day = dt.date(2030, 1, 1) + dt.timedelta(days=next(numbers))
    return Period.objects.get(pk=create_period(start_date=day, end_date=day, actor=SYSTEM))


def year_end():
    return YearClosing.objects.get(pk=close_year(year=1900 + next(numbers), actor=SYSTEM))


def queued():
    return Job.objects.get(pk=count.enqueue(key="x"))


def not_delivered():
    return Delivery.objects.create(notification=tell(UserFactory.create()), channel="email", status="failed")


def payment():
    return part_paid().payments.get()


def credit_note():
    return CreditNote.objects.get(pk=create_credit_note(invoice_id=sent().pk, reason="Late", actor=SYSTEM))


def email():
    return mailed(sent())


def moved():
    return Movement.objects.get(stock=inventory.stocked())


TABLE = [
    Row("accounting.account", lambda: account(f"T{next(numbers)}"), ("accounting:read",), BOOKS, BOOKS, {}, 6),
    Row("accounting.entry", booked, ("accounting:read",), BOOKS, (), {"reverse": BOOKS}, 6),
    Row("accounting.taxcode", tax_code, ("accounting:read",), BOOKS, BOOKS, {}, 5),
    Row("accounting.yearclosing", year_end, ("accounting:read",), BOOKS, (), {"reopen": BOOKS}, 5),
    Row("accounting.period", period, ("accounting:read",), BOOKS, (), {"close": BOOKS, "reopen": BOOKS}, 5),
    Row(
        "inventory.category",
        lambda: Category.objects.get(pk=inventory.category()),
        *CATALOG,
        {"remove": ("catalog:write",)},
        5,
    ),
    Row("inventory.item", lambda: Item.objects.get(pk=inventory.item()), *CATALOG, {}, 5),
    Row("inventory.warehouse", lambda: Warehouse.objects.get(pk=inventory.warehouse()), *INVENTORY, {}, 5),
    Row("inventory.stock", inventory.stocked, *INVENTORY, STOCK_ACTS, 6),
    Row("inventory.movement", moved, ("inventory:read",), (), (), {}, 6),
    Row(
        "inventory.reservation",
        lambda: Reservation.objects.get(pk=inventory.reserved(inventory.stocked())),
        ("inventory:read",),
        (),
        (),
        RESERVATION_ACTS,
        6,
    ),
    Row(
        "identity.user",
        UserFactory.create,
        ("users:read",),
        USERS,
        USERS,
        {"activate": USERS, "deactivate": USERS, "give_role": MANAGE, "take_role": MANAGE},
        6,
    ),
    Row("identity.role", RoleFactory.create, ("roles:read",), MANAGE, MANAGE, {"remove": MANAGE}, 5),
    Row("audit.auditentry", AuditEntry.objects.first, ("audit:read",), (), (), {}, 4),
    Row("jobs.job", queued, ("jobs:read",), (), (), dict.fromkeys(("run_now", "cancel"), ("jobs:write",)), 7),
    Row(
        "notifications.delivery", not_delivered, ("deliveries:read",), (), (), {"send_again": ("deliveries:write",)}, 4
    ),
    Row(
        "parties.customer",
        CustomerFactory.create,
        ("customers:read", "parties:read"),
        CUSTOMER_WRITE,
        CUSTOMER_WRITE,
        dict.fromkeys(PARTIES, CUSTOMER_WRITE),
        5,
    ),
    Row("parties.supplier", SupplierFactory.create, *PARTY, 5),
    Row("parties.partner", PartnerFactory.create, *PARTY, 5),
    Row("parties.employee", EmployeeFactory.create, *PARTY, 5),
    Row(
        "parties.country",
        CountryFactory.create,
        ("countries:read",),
        ("countries:write",),
        ("countries:write",),
        COUNTRY_ACTS,
        6,
    ),
    Row(
        "contracts.contract",
        contract,
        ("contracts:read", "parties:read"),
        CONTRACT_WRITE,
        CONTRACT_WRITE,
        CONTRACT_ACTS,
        5,
    ),
    Row("billing.order", order, ("orders:read",), ("orders:write",), ("orders:write",), ORDER_ACTS, 5, PAPERS),
    Row(
        "billing.invoice",
        draft,
        ("invoices:read",),
        ("invoices:write",),
        ("invoices:write",),
        INVOICE_ACTS,
        5,
        (*PAPERS, *E_INVOICES),
    ),
    Row("billing.payment", payment, ("invoices:read",), ("invoices:write",), (), PAYMENT_ACTS, 5),
    Row("billing.creditnote", credit_note, ("invoices:read",), (), (), CREDIT_NOTE_ACTS, 5, (*PAPERS, *E_INVOICES)),
    Row("billing.documentemail", email, ("invoices:read",), (), (), {"send_again": ("invoices:write",)}, 5),
]
BY_MODEL = {row.model: row for row in TABLE}

OWN = {"notifications.notification", "notifications.preferences", "files.file", "company.company"}
"""Screens of what is one's own, on which one does not see what others have, and of the company, which everybody sees:
see the tests beside their apps' names."""

READ_ONLY = {
    "audit.auditentry",
    "billing.payment",
    "billing.creditnote",
    "billing.documentemail",
    "accounting.entry",
    "accounting.period",
    "accounting.yearclosing",
    "inventory.movement",
    "inventory.reservation",
    "jobs.job",
    "notifications.delivery",
}
INVENTORY_SCREENS = {name for name in BY_MODEL if name.startswith("inventory.")}

DEFAULT_ROLES = {
    "viewer": {
        "sees": {
            "identity.user",
            "parties.customer",
            "parties.supplier",
            "parties.partner",
            "parties.employee",
            "parties.country",
            "contracts.contract",
            "billing.order",
            "billing.invoice",
            "billing.payment",
            "billing.creditnote",
            "billing.documentemail",
            *INVENTORY_SCREENS,
        },
        "changes": set(),
    },
    "admin": {"sees": set(BY_MODEL) - {"jobs.job", "notifications.delivery"}, "changes": set(BY_MODEL) - READ_ONLY},
    "super_admin": {"sees": set(BY_MODEL), "changes": set(BY_MODEL) - READ_ONLY},
}

pytestmark = pytest.mark.django_db


def pages(row):
    name = row.model.replace(".", "_")
    return reverse(f"admin:{name}_changelist"), f"admin:{name}_"


def test_the_table_has_every_screen_and_every_act():
    found = {model._meta.label_lower: screen for model, screen in screens().items()}
    assert len(found) == len(admin.site._registry)
    assert set(found) == set(BY_MODEL) | OWN
    for name, row in BY_MODEL.items():
        screen = found[name]
        assert set(screen._extract_action_names(screen.record_actions)) == {*row.actions, *row.downloads}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.model)
def test_anonymous_and_those_without_a_role_are_led_to_the_door(row, stranger):
    record = row.make() or UserFactory.create() and row.make()
    listing, name = pages(row)
    addresses = [listing, reverse(f"{name}change", args=[record.pk]), f"{listing}pick/", f"{listing}add/"]
    addresses += [f"{listing}{record.pk}/{action.replace('_', '-')}/" for action in row.actions]
    for visitor in (Client(), stranger):
        for address in addresses:
            for answer in (visitor.get(address), visitor.post(address)):
                assert answer.status_code == 302, address
                assert answer.headers["Location"].startswith("/admin/login/"), address


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.model)
def test_each_permission_opens_just_its_own(row, staff):
    record = row.make() or UserFactory.create() and row.make()
    listing, name = pages(row)
    change = reverse(f"{name}change", args=[record.pk])
    nobody = staff("files:read")
    for download in row.downloads:
        assert nobody.get(f"{listing}{record.pk}/{download.replace('_', '-')}/").status_code == 403
    assert nobody.get(listing).status_code == 403
    assert nobody.get(change).status_code == 403
    for permission in row.read:
        reader = staff(permission)
        assert reader.get(listing).status_code == 200
        assert reader.get(change).status_code == 200
        assert 'name="_save"' not in reader.get(change).content.decode()
        assert reader.post(change, {}).status_code == 403
        assert reader.get(f"{listing}add/").status_code == (403 if row.add else 404), "no such page for anybody"
        for action in row.actions:
            assert reader.post(f"{listing}{record.pk}/{action.replace('_', '-')}/").status_code == 403, action
        for wanted in row.add:
            assert staff(permission, wanted).get(f"{listing}add/").status_code == 200
        for wanted in row.change:
            assert 'name="_save"' in staff(permission, wanted).get(change).content.decode()
        for action, any_of in row.actions.items():
            for wanted in any_of:
                address = f"{listing}{record.pk}/{action.replace('_', '-')}/"
                assert staff(permission, wanted).get(address).status_code == 200, action
    for wanted in row.change:
        assert staff(wanted).get(change).status_code == 403, "to change without reading is not for forms"


@pytest.mark.parametrize("role", DEFAULT_ROLES)
def test_the_default_roles(role, chief, clerk, guest):
    visitor = {"viewer": guest, "admin": clerk, "super_admin": chief}[role]
    CountryFactory.create()
    for row in TABLE:
        record = row.make()
        listing, name = pages(row)
        sees, changes = (row.model in DEFAULT_ROLES[role][what] for what in ("sees", "changes"))
        assert visitor.get(listing).status_code == (200 if sees else 403), row.model
        page = visitor.get(reverse(f"{name}change", args=[record.pk]))
        assert ('name="_save"' in page.content.decode()) == changes, row.model
    shown = visitor.get("/admin/").content.decode()
    for row in TABLE:
        assert (f'href="{pages(row)[0]}"' in shown) == (row.model in DEFAULT_ROLES[role]["sees"]), row.model


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.model)
def test_a_list_costs_the_same_however_long_it_is(row, chief, django_assert_num_queries):
    listing, _ = pages(row)
    for _ in range(3):
        row.make()
    queries = row.queries + 1  # how many notifications are unread
    with django_assert_num_queries(queries):
        assert chief.get(listing).status_code == 200
    for _ in range(7):
        row.make()
    with django_assert_num_queries(queries):
        chief.get(listing)


def test_a_page_costs_the_same_however_much_is_on_it(chief, django_assert_max_num_queries):
    invoice = part_paid()
    party = customer()
    for _ in range(5):
        AddressFactory.create(party=party)
    chief.get(f"/admin/billing/invoice/{invoice.pk}/change/")  # content types are cached from then on
    with django_assert_max_num_queries(16):
        chief.get(f"/admin/billing/invoice/{invoice.pk}/change/")
    with django_assert_max_num_queries(9):
        chief.get(f"/admin/parties/customer/{party.pk}/change/")


def test_history_leads_to_the_audit_log_of_the_object(chief):
    invoice = sent()
    answer = chief.get(f"/admin/billing/invoice/{invoice.pk}/history/", follow=True)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "SEND" in shown.upper()
    assert str(invoice.pk) in shown


def test_nothing_names_another_host(chief):
    invoice = sent()
    for address in ("/admin/", "/admin/billing/invoice/", f"/admin/billing/invoice/{invoice.pk}/change/"):
        shown = chief.get(address).content.decode()
        assert "http://" not in shown.replace("http://www.w3.org", "")
        assert "https://" not in shown


def test_pages_are_answered_under_a_strict_policy(chief):
    policy = chief.get("/admin/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in f"{policy};"
    assert "'unsafe-eval'" not in Client().get("/api/v1/docs").headers["Content-Security-Policy"]
