"""Rows inserted from one JSON parameter equal rows inserted by the ORM."""

import datetime as dt

import pytest
from django.db import IntegrityError

from parties.models import Country
from skeleton.db.inserts import insert_rows

pytestmark = pytest.mark.django_db


def test_every_column_arrives(django_assert_num_queries):
    moment = dt.datetime(2026, 1, 15, 12, 30, 1, 123456, tzinfo=dt.UTC)
    rows = [
        {"code": "UA", "name": {"en": "Ukraine", "uk": "Україна \\ \"'"}, "created_at": moment},
        {"code": "DE", "name": {"en": "Germany"}, "flag_emoji": "🇩🇪", "is_active": False},
    ]
    with django_assert_num_queries(1):
        ukraine, germany = insert_rows(Country, rows)
    assert ukraine["id"] < germany["id"]
    for written in (ukraine, germany):
        stored = Country.objects.get(pk=written["id"])
        assert {field.attname: getattr(stored, field.attname) for field in Country._meta.concrete_fields} == written


def test_nothing_is_written_for_no_rows(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert insert_rows(Country, []) == []


def test_what_is_no_column_is_a_fault():
    with pytest.raises(TypeError, match="colour"):
        insert_rows(Country, [{"colour": "red"}])


def test_constraints_hold():
    with pytest.raises(IntegrityError, match="parties_country_code_form"):
        insert_rows(Country, [{"code": "xx", "name": {"en": "Nowhere"}}])
