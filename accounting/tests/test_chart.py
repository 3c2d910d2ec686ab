"""Accounts for cash, advances and bad debt are added to a chart that was seeded before they existed."""

from importlib import import_module

import pytest
from django.db import connection

from accounting.models import Account
from accounting.tests.factories import account

pytestmark = pytest.mark.django_db

ADDED = ("1100", "2300", "5500")


def migrate():
    with connection.cursor() as cursor:
        for statement, params in import_module("accounting.migrations.0011_accounts_of_corrections").statements():
            cursor.execute(statement, params)


def added():
    rows = Account.objects.filter(code__in=ADDED).order_by("code")
    return list(rows.values_list("code", "type", "parent__code", "is_active"))


def test_below_the_accounts_of_their_type(chart):
    Account.objects.filter(code__in=ADDED).delete()
    for _ in range(2):
        migrate()
        assert added() == [
            ("1100", "asset", "1000", True),
            ("2300", "liability", "2000", True),
            ("5500", "expense", "5000", True),
        ]


def test_a_code_in_use_stays_as_it_is():
    account("1300")
    account("1100", "expense")
    account("2000", "equity")
    migrate()
    assert added() == [
        ("1100", "expense", None, True),
        ("2300", "liability", None, True),
        ("5500", "expense", None, True),
    ]


def test_not_to_a_chart_of_another_kind(settings):
    account("8400", "revenue")
    migrate()
    assert added() == []
    settings.SKELETON_ACCOUNTS = {**settings.SKELETON_ACCOUNTS, "RECEIVABLE": "8500", "CASH": "8600"}
    account("8500")
    migrate()
    assert [row[0] for row in added()] == ["2300", "5500"]
    assert Account.objects.filter(code="8600", name="Cash").exists()
