"""Row locks: which rows are locked, which other locks wait, and which rows count as missing."""

import psycopg
import pytest
from django.db import transaction
from psycopg.errors import LockNotAvailable

from billing.models import Invoice
from billing.tests.factories import draft
from parties.models import Party
from skeleton.db.locks import all_locked_for_update, locked_for_update, locked_or_none
from skeleton.kernel.errors import NotFound
from skeleton.kernel.ids import uuid7
from skeleton.testkit.roles import connection_arguments

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invoice():
    return draft()


def others_may(strength, model, pk):
    """Return whether another connection gets such a lock on the row without waiting."""
    with psycopg.connect(**connection_arguments()) as other:
        try:
            other.execute(f"SELECT 1 FROM {model._meta.db_table} WHERE id = %s FOR {strength} NOWAIT", [pk])
        except LockNotAvailable:
            return False
    return True


def test_a_row_is_locked_alone_or_but_for_those_who_refer_to_it(invoice):
    with transaction.atomic():
        assert locked_for_update(Invoice.objects.all(), invoice.pk) == invoice
        assert not others_may("KEY SHARE", Invoice, invoice.pk)
    with transaction.atomic():
        locked_for_update(Invoice.objects.all(), invoice.pk, no_key=True)
        assert others_may("KEY SHARE", Invoice, invoice.pk)
        assert not others_may("NO KEY UPDATE", Invoice, invoice.pk)
    assert others_may("UPDATE", Invoice, invoice.pk)


def test_joined_rows_are_not_locked_and_one_can_be_locked_instead(invoice):
    rows = Invoice.objects.select_related("customer")
    with transaction.atomic():
        locked_for_update(rows, invoice.pk)
        assert others_may("UPDATE", Party, invoice.customer_id)
    with transaction.atomic():
        locked_for_update(rows, invoice.pk, of="customer")
        assert not others_may("KEY SHARE", Party, invoice.customer_id)
        assert others_may("UPDATE", Invoice, invoice.pk)


def test_the_id_may_be_a_query(invoice):
    with transaction.atomic():
        customer = Invoice.objects.filter(pk=invoice.pk).values("customer_id")[:1]
        assert locked_for_update(Party.objects.all(), customer).pk == invoice.customer_id
        assert not others_may("KEY SHARE", Party, invoice.customer_id)


def test_what_is_not_among_the_rows_is_missing(invoice):
    with transaction.atomic():
        for rows, pk in ((Invoice.objects.all(), uuid7()), (Invoice.objects.filter(status="paid"), invoice.pk)):
            with pytest.raises(NotFound):
                locked_for_update(rows, pk)
            assert locked_or_none(rows, pk) is None
        assert locked_or_none(Invoice.objects.all(), invoice.pk) == invoice


def test_what_somebody_else_holds_can_be_passed_over(invoice):
    with psycopg.connect(**connection_arguments()) as other, transaction.atomic():
        other.execute("SELECT 1 FROM billing_invoice WHERE id = %s FOR UPDATE", [invoice.pk])
        assert locked_or_none(Invoice.objects.all(), invoice.pk, skip_locked=True) is None


def test_several_are_locked(invoice):
    another = draft()
    with transaction.atomic():
        assert all_locked_for_update(Invoice.objects.order_by("-pk"), no_key=True) == [invoice.pk, another.pk]
        assert not others_may("NO KEY UPDATE", Invoice, another.pk)
