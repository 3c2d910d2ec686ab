"""Nested audited transactions: a single transaction, completed as a whole or not at all."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from skeleton.identity.models import Role
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.transactions import audited_transaction

pytestmark = pytest.mark.django_db


def test_an_inner_verb_takes_no_statement():
    with (
        CaptureQueriesContext(connection) as captured,
        audited_transaction(SYSTEM, "outer"),
        audited_transaction(SYSTEM, "inner"),
    ):
        pass
    assert [query["sql"].split()[0] for query in captured] == ["SAVEPOINT", "SELECT", "RELEASE"]


def fail(name):
    """Fail in the middle of an audited transaction."""
    with audited_transaction(SYSTEM, "inner"):
        Role.objects.create(name=name)
        raise ZeroDivisionError


def ignore_a_failure():
    with audited_transaction(SYSTEM, "outer"):
        with suppress(ZeroDivisionError):
            fail("half done")
        Role.objects.create(name="as if nothing had happened")


def test_an_inner_failure_cannot_be_ignored():
    with pytest.raises(transaction.TransactionManagementError):
        ignore_a_failure()
    assert not Role.objects.exists()


def test_a_savepoint_around_it_keeps_the_rest():
    with audited_transaction(SYSTEM, "outer"):
        with suppress(ZeroDivisionError), transaction.atomic():
            fail("half done")
        Role.objects.create(name="done")
    assert [role.name for role in Role.objects.all()] == ["done"]
