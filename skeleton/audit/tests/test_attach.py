"""A migration makes a table audited in one line: `SELECT audit_attach(…)`."""

import pytest
from django.db import connection

from skeleton.audit.models import AuditEntry
from skeleton.kernel.ids import uuid7
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def owner():
    with as_owner():
        yield


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def entries():
    return list(AuditEntry.objects.order_by("id").values_list("resource", "resource_id", "action", "changes"))


def test_rows_of_a_table():
    number = uuid7()
    run("CREATE TABLE thing (id uuid, name text, secret text)")
    run("SELECT audit_attach('thing', 'things', '{secret}')")
    run("INSERT INTO thing VALUES (%s, 'one', 'x')", number)
    run("UPDATE thing SET name = 'two', secret = 'y'")
    run("SELECT audit_detach('thing')")
    run("DELETE FROM thing")
    assert entries() == [
        ("things", number, "insert", {"name": [None, "one"]}),
        ("things", number, "update", {"name": ["one", "two"]}),
    ]


def test_parts_of_a_row():
    number = uuid7()
    run("CREATE TABLE part (id int, thing_id uuid)")
    run("SELECT audit_attach_children('part', 'things', 'thing_id', 'parts')")
    run("INSERT INTO part VALUES (1, %s), (2, %s)", number, number)
    run("UPDATE part SET id = 3 WHERE id = 2")
    run("DELETE FROM part")
    run("SELECT audit_detach('part')")
    run("INSERT INTO part VALUES (9, %s)", number)
    assert entries() == [
        ("things", number, "insert", {"parts": [[], [{"id": 1}, {"id": 2}]]}),
        ("things", number, "update", {"parts": [[{"id": 2}], [{"id": 3}]]}),
        ("things", number, "delete", {"parts": [[{"id": 1}, {"id": 3}], []]}),
    ]
