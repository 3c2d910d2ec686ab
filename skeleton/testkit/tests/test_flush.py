"""Transactional tests leave no rows, not even audit rows, which only the owner can delete."""

from functools import partial

import pytest
from django.db import connection

from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import UserFactory
from skeleton.testkit.roles import refusal_of


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_starts_with_an_empty_log(turn):
    assert not AuditEntry.objects.exists()
    UserFactory.create()
    assert AuditEntry.objects.exists()


@pytest.mark.django_db
def test_everybody_else_is_refused():
    UserFactory.create()
    connection.check_constraints()  # a table with pending checks cannot be truncated
    for sql in ("DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        assert "append-only" in str(refusal_of(partial(connection.cursor().execute, sql)))
