"""Times have the same format everywhere in a response."""

import datetime as dt

import pytest
from django.db import connection

from skeleton.rest.http import rfc3339
from skeleton.rest.row_mappers import _utc


@pytest.mark.django_db
@pytest.mark.parametrize("microsecond", [0, 1, 93440, 100000, 123456, 999990])
def test_moments_of_children_are_written_like_all_others(microsecond):
    moment = dt.datetime(2026, 11, 23, 8, 11, 19, microsecond, tzinfo=dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_json(%s::timestamptz) #>> '{}'", [moment])
        assert _utc(cursor.fetchone()[0]) == rfc3339(moment)
