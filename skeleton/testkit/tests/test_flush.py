"""Transactional tests leave nothing behind, not even audit rows, which nobody else can delete."""

import pytest
from django.db import DatabaseError, connection, transaction

from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import UserFactory


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_starts_with_an_empty_log(turn):
    assert not AuditEntry.objects.exists()
    UserFactory()
    assert AuditEntry.objects.exists()


@pytest.mark.django_db
def test_everybody_else_is_refused():
    UserFactory()
    connection.check_constraints()  # a table with checks still due cannot be truncated, whoever asks
    for sql in ("DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
