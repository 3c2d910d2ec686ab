"""The global search: by number, name and e-mail, and only for visible records."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.tests.factories import customer, draft
from contracts.tests.factories import active
from inventory.tests.factories import item
from parties.tests.factories import EmployeeFactory, SupplierFactory
from skeleton.backoffice.search import HITS_PER_GROUP
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db


def found(client, text, **query):
    answer = client.get("/admin/search/", {"s": text, "part": "", **query})
    assert answer.status_code == 200
    return {group.title: [hit.title for hit in group.hits] for group in answer.context["groups"]}


@pytest.fixture
def house():
    buyer = customer(name="Велика Груша", email="office@pear.example")
    invoice = draft(of=buyer)
    item(name="Grüner Stuhl", sku="CHAIR-77")
    SupplierFactory.create(name="Pear Growers", email="hello@growers.example")
    EmployeeFactory.create(name="Petra Pear", email="petra@example.com")
    active(party_id=buyer.pk)
    return invoice


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("ГРУША", {"Customers", "Invoices", "Contracts"}),
        ("office@PEAR", {"Customers", "Contracts"}),
        ("chair-77", {"Items"}),
        ("stuhl", {"Items"}),
        ("pear", {"Customers", "Contracts", "Suppliers", "Employees"}),
        ("nobody at all", set()),
        ("100%", set()),
        ("\x00pear", {"Customers", "Contracts", "Suppliers", "Employees"}),
    ],
)
def test_by_number_name_or_e_mail_in_any_case(chief, house, text, kinds):
    assert set(found(chief, text)) == kinds


def test_by_number(chief, house):
    assert found(chief, house.number.lower()) == {"Invoices": [house.number]}


def test_hits_lead_to_their_pages(chief, house):
    page = chief.get("/admin/search/", {"s": "груша"})
    for group in page.context["groups"]:
        for hit in group.hits:
            assert chief.get(hit.link).status_code == 200
            assert f'href="{hit.link}"' in page.content.decode()


def test_pages_are_found_by_name_from_the_first_letter(chief, guest):
    assert found(chief, "wareh") == {"Pages": ["Warehouses"]}
    assert "Pages" in found(chief, "w")
    assert found(guest, "audit") == {}


def test_too_short_is_said_and_asks_nothing(chief, house, django_assert_num_queries):
    with django_assert_num_queries(3):
        page = chief.get("/admin/search/", {"s": "гр", "part": ""})
    assert "Type at least 3 characters." in page.content.decode()
    assert found(chief, "  ") == {}


def test_more_than_is_shown_leads_to_the_list(chief):
    for n in range(HITS_PER_GROUP + 1):
        customer(name=f"Pear {n}")
    (group,) = chief.get("/admin/search/", {"s": "pear"}).context["groups"]
    assert len(group.hits) == HITS_PER_GROUP
    assert chief.get(group.more).context["cl"].result_count == HITS_PER_GROUP + 1


@pytest.mark.parametrize(
    "permission, sees",
    [
        ("customers:read", {"Customers"}),
        ("parties:read", {"Customers", "Contracts", "Suppliers", "Employees"}),
        ("catalog:read", set()),
        ("invoices:read", set()),
    ],
)
def test_only_what_one_may_see_and_nothing_else_is_asked(staff, house, permission, sees):
    visitor = staff(permission)
    with CaptureQueriesContext(connection) as asked:
        assert set(found(visitor, "pear")) == sees
    assert any("billing_invoice" in query["sql"] for query in asked) == (permission == "invoices:read")


def test_it_takes_one_statement_a_kind(chief, house, django_assert_max_num_queries):
    with django_assert_max_num_queries(3 + 8):
        found(chief, "pear")


def test_nobody_else_searches(stranger, house):
    assert stranger.get("/admin/search/", {"s": "pear"}).status_code == 302


def test_it_is_planned_for_its_text_with_the_trigram_index(chief, house):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parties_party (id, kind, name, email, social_media, status, credit_limit, currency,"
            " total_purchases, created_at, updated_at)"
            " SELECT gen_random_uuid(), 'customer', md5(i::text), 'x@example.com', '{}', 'active', 0, 'USD', 0,"
            " now(), now() FROM generate_series(1, 20000) i"
        )
        with as_owner():
            cursor.execute("ANALYZE parties_party")
    with CaptureQueriesContext(connection) as asked:
        assert found(chief, "груша")["Customers"] == ["Велика Груша"]
    (sql,) = [query["sql"] for query in asked if "'customer'" in query["sql"] and "LIKE" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        assert "parties_party_search" in " ".join(line for (line,) in cursor.fetchall())
