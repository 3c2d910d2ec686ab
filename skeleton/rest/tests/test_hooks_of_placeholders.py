"""Methods of querysets and filters whose SQL is compiled once: they can't look at a value; see `test_hooks`."""

from typing import Any

import pytest

from parties.models import Country
from skeleton.db.compiled_sql import Placeholder, ValueNotKnown
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.rest.filters import BooleanFilter, FilterSet, TextFilter
from skeleton.rest.tests.newcomer import Caller, LandViewSet, problems

pytestmark = pytest.mark.django_db


LOOKS = [
    lambda rows, value: rows.none() if value == "guest" else rows,
    lambda rows, value: rows.none() if value != "guest" else rows,
    lambda rows, value: rows.filter(region=f"{value}"),
    lambda rows, value: rows.filter(region=str(value)),
    lambda rows, value: rows.filter(region={"guest": "Asia"}.get(value, "Europe")),
    lambda rows, value: rows.filter(region="Asia" if value else "Europe"),
    lambda rows, value: rows.filter(region__in=list(value)),
    lambda rows, value: rows.none() if "x" in value else rows,
    lambda rows, value: rows.none() if value in ("a", "b") else rows,
    lambda rows, value: rows.none() if value > "a" else rows,
]


@pytest.mark.parametrize("look", LOOKS)
class TestLooks:
    def test_of_a_keyed_method(self, lands, look):
        class Rows(RowLevelQuerySet[Any]):
            @keyed
            def of(self, level: Any) -> Any:
                return look(self, level)

        found: Any = Rows(Country).of("guest")
        with pytest.raises(ValueNotKnown, match="can't look at its argument"):
            found.query_key.rows()
        viewset = type("ViewSet", (LandViewSet,), {"get_queryset": lambda self: found})
        assert Caller(viewset)("get").status_code == 500

    def test_of_a_filter_are_refused_at_startup(self, settings, look):
        class Filters(FilterSet):
            level = TextFilter(method="of")

            def of(self, rows, name, value):
                return look(rows, value)

        (problem,) = problems(settings, type("ViewSet", (LandViewSet,), {"filterset_class": Filters}))
        assert "Filters.level" in problem
        assert "can't look at its argument" in problem


def test_a_filter_that_passes_its_value_on(lands, settings):
    class Filters(FilterSet):
        where = TextFilter(method="of")
        european = BooleanFilter(method="known")

        def of(self, rows, name, value):
            return rows.filter(region=value)

        def known(self, rows, name, value):
            return rows.filter(region="Europe") if value else rows.exclude(region="Europe")

    viewset = type("ViewSet", (LandViewSet,), {"filterset_class": Filters})
    assert problems(settings, viewset) == []
    call = Caller(viewset)
    assert call.codes(where="Europe") == call.codes(european="true") == ["AA", "BB"]


@pytest.mark.parametrize("lookup", ["in", "range", "isnull"])
def test_a_lookup_that_needs_another_kind_of_value_is_refused(settings, lookup):
    filters = type("Filters", (FilterSet,), {"region": TextFilter(lookup_expr=lookup)})
    (problem,) = problems(settings, type("ViewSet", (LandViewSet,), {"filterset_class": filters}))
    assert f"lookup_expr={lookup!r}" in problem


def test_a_placeholder_can_be_passed_on():
    rows = Country.objects.filter(region=Placeholder("region"))
    sql, params = rows.query.sql_with_params()
    assert [repr(param) for param in params] == ["Parameter('region')"]
