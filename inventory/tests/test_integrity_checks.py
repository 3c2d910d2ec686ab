"""`verify_books` finds tampering with stock, by a superuser with disabled triggers."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Reservation
from inventory.tests import factories
from skeleton.testkit.roles import without_triggers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]


@pytest.fixture
def stock():
    """Ten pieces, of which four are reserved."""
    row = factories.stocked(10)
    factories.reserved(row, 4)
    return row


def test_right_stock_passes(stock, capsys):
    call_command("verify_books")
    assert "ok      stock is the sum of its movements" in capsys.readouterr().out


@pytest.mark.parametrize(
    "sql, sentence",
    [
        ("UPDATE inventory_stock SET quantity = quantity + 1", "quantity 11.000, moved 10.000"),
        ("UPDATE inventory_stock SET reserved = 3", "reserved 3.000, active reservations 4.000"),
        ("UPDATE inventory_movement SET quantity = 9", "quantity 10.000, moved 9.000"),
        ("UPDATE inventory_movement SET balance_after = 9", "balance after the last movement 9.000"),
        ("DELETE FROM inventory_reservation", "reserved 4.000, active reservations 0"),
    ],
)
def test_tampering_is_found_and_said(stock, capsys, sql, sentence):
    with without_triggers() as cursor:
        cursor.execute(sql)
    with pytest.raises(CommandError, match="wrong in 1 places"):
        call_command("verify_books")
    told = capsys.readouterr().out
    assert f"stock {stock.pk}: " in told
    assert sentence in told


def test_the_command_releases_what_is_past_its_time(stock, capsys):
    late = factories.reserved(stock, 2, expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    call_command("expire_reservations")
    assert capsys.readouterr().out == "Expired reservations: 1\n"
    assert Reservation.objects.get(pk=late).status == "expired"
