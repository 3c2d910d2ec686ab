"""Querysets and filters that select distinct, grouped or sliced rows, or that depend on a request; see `test_hooks`."""

import datetime as dt
import uuid
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, F, OuterRef
from django.utils import timezone

from parties.models import Address, Customer, Party
from parties.tests.factories import CustomerFactory
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.rest.computed_fields import Children
from skeleton.rest.fields import IntegerField, TextField, UUIDField
from skeleton.rest.filters import BooleanFilter, FilterSet, NumberFilter, TextFilter
from skeleton.rest.listing import Ordering
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import InputSerializer, Serializer
from skeleton.rest.tests.newcomer import Caller, problems
from skeleton.rest.viewsets import DestroyMixin, ModelViewSet

pytestmark = pytest.mark.django_db


class CitySerializer(Serializer):
    city = TextField()


class PartySerializer(Serializer):
    id = UUIDField()
    name = TextField()


class WithCitiesSerializer(PartySerializer):
    addresses = Children(CitySerializer, Address.objects.filter(party=OuterRef("pk")).order_by("id"))


class PartyInputSerializer(InputSerializer):
    output_serializer_class = PartySerializer
    name = TextField(required=False)


class PartyViewSet(DestroyMixin, ModelViewSet):
    permission_classes = [HasPermission("parties")]
    serializer_class = PartySerializer
    input_serializer_class = PartyInputSerializer
    ordering_fields = {"name": F("name"), "created_at": F("created_at")}
    ordering: ClassVar[Ordering | str] = "name"

    def get_queryset(self):
        return Customer.objects.visible_to(self.actor)


@pytest.fixture
def parties():
    """Three customers: A with two addresses, B with one, C with none."""
    found = [CustomerFactory.create(name=name) for name in "ABC"]
    Address.objects.all().delete()
    for party, city in ((found[0], "Kyiv"), (found[0], "Kyiv-2"), (found[1], "Kyoto")):
        Address.objects.create(party=party, street="x", city=city)
    return found


class Filters(FilterSet):
    city = TextFilter(field_name="addresses__city", lookup_expr="startswith", distinct=True)
    town = TextFilter(method="in_town")
    fewest = NumberFilter(method="has_addresses")
    first = BooleanFilter(method="is_first")
    either = BooleanFilter(method="is_either")

    def in_town(self, rows, name, value):
        return rows.filter(addresses__city__startswith=value).distinct()

    def has_addresses(self, rows, name, value):
        return rows.annotate(found=Count("addresses")).filter(found__gte=value)

    def is_first(self, rows, name, value):
        return rows.order_by("name")[:1] if value else rows.order_by("-name")[:1]

    def is_either(self, rows, name, value):
        return rows.filter(name="A").union(rows.filter(name="C"))


FILTERED = [
    ({"city": "Ky"}, "AB"),
    ({"town": "Ky"}, "AB"),
    ({"fewest": "1"}, "AB"),
    ({"first": "true"}, "A"),
    ({"either": "true"}, "AC"),
    ({"city": "Ky", "fewest": "2"}, "A"),
]


@pytest.mark.parametrize("serializer", [PartySerializer, WithCitiesSerializer])
@pytest.mark.parametrize("query, expected", FILTERED)
def test_filters_that_select_distinct_or_grouped_rows(parties, settings, query, expected, serializer):
    class ViewSet(PartyViewSet):
        serializer_class = serializer
        filterset_class = Filters

    assert problems(settings, ViewSet) == []
    call = Caller(ViewSet, "parties:*")
    found = call("get", query=query).data_sent
    assert ([row["name"] for row in found["items"]], found["total"]) == (list(expected), len(expected))
    for sort in ("name", "created_at"):
        page = call("get", query={**query, "limit": "1", "sort_by": sort}).data_sent
        assert (page["items"][0]["name"], page["total"]) == ("A", len(expected))
        assert set(page["items"][0]) == set(serializer._declared_fields)
    names, cursor = [], ""
    while cursor is not None:
        page = call("get", query={**query, "limit": "1", "cursor": cursor}).data_sent
        names += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert names == list(expected)


QUERYSETS = {
    "grouped": lambda rows: rows.annotate(found=Count("addresses")),
    "distinct": lambda rows: rows.filter(addresses__city__startswith="Ky").distinct(),
    "distinct on": lambda rows: rows.order_by("name").distinct("name"),
    "union": lambda rows: rows.filter(name="A").union(rows.filter(name="B")),
    "slice": lambda rows: rows.order_by("name")[:2],
}


@pytest.mark.parametrize("kind", QUERYSETS)
def test_rows_that_cannot_be_locked_are_changed_and_deleted(parties, kind):
    class ViewSet(PartyViewSet):
        def get_queryset(self):
            return QUERYSETS[kind](super().get_queryset())

        def get_object(self):
            return super().get_object()

    for viewset in (ViewSet, type("Plain", (ViewSet,), {"get_object": PartyViewSet.get_object})):
        call = Caller(viewset, "parties:*")
        assert call("patch", f"lands/{parties[0].pk}", {"name": "A2"}).data_sent["name"] == "A2"
        Party.objects.filter(pk=parties[0].pk).update(name="A")
    assert Caller(ViewSet, "parties:*")("delete", f"lands/{parties[0].pk}").status_code == 204


def test_columns_of_a_grouped_or_distinct_queryset(parties, settings):
    class Counted(WithCitiesSerializer):
        found = IntegerField()

    class ViewSet(PartyViewSet):
        serializer_class = Counted
        filterset_class = Filters
        ordering_fields = {"found": F("found"), "name": F("name")}

        def get_queryset(self):
            return Customer.objects.annotate(found=Count("addresses"))

    class Distinct(ViewSet):
        def get_queryset(self):
            return super().get_queryset().distinct()

    for viewset in (ViewSet, Distinct):
        assert problems(settings, viewset) == []
        call = Caller(viewset, "parties:*")
        found = call("get", query={"sort_by": "found", "sort_order": "desc"}).data_sent
        assert [row["found"] for row in found["items"]] == [2, 1, 0]
        assert call("get", query={"city": "Ky"}).data_sent["items"][0]["found"] == 2
        page = call("get", query={"sort_by": "found", "limit": "2", "cursor": ""}).data_sent
        rest = call("get", query={"sort_by": "found", "cursor": page["next_cursor"]}).data_sent
        assert [row["found"] for row in page["items"] + rest["items"]] == [0, 1, 2]
        assert call("get", f"lands/{parties[0].pk}").data_sent["found"] == 2


def test_a_column_that_a_slice_loses_is_reported(settings):
    class Counted(PartySerializer):
        found = IntegerField()

    class ViewSet(PartyViewSet):
        serializer_class = Counted

        def get_queryset(self):
            return Customer.objects.annotate(found=Count("addresses")).order_by("name")[:2]

    assert any("found" in line and "pk__in" in line for line in problems(settings, ViewSet))


class Unfit(FilterSet):
    """Filters whose method depends on the request or on the time at which it is compiled."""

    value = BooleanFilter(method="narrow")
    change: ClassVar[Any]

    def narrow(self, rows, name, value):
        return type(self).change(self, rows)


UNFIT = {
    "request": (lambda self, rows: rows.none() if self.request is None else rows, "get_queryset()"),
    "request by name": (lambda self, rows: rows.filter(name=getattr(self, "request", None)), "get_queryset()"),
    "data": (lambda self, rows: rows.filter(name=self.data.get("name")), "get_queryset()"),
    "form": (lambda self, rows: rows.filter(name=self.form.cleaned_data["name"]), "get_queryset()"),
    "query": (lambda self, rows: rows.filter(pk__in=list(Address.objects.values_list("party"))), "without list()"),
    "other value": (lambda self, rows: rows.exclude(pk=uuid.uuid4()), "another value each time"),
    "other time": (lambda self, rows: rows.filter(created_at__lt=_clock()), "another value each time"),
}


def _clock() -> dt.datetime:
    return timezone.now()


@pytest.mark.parametrize("kind", UNFIT)
def test_filters_that_belong_to_one_request_are_refused(settings, kind):
    change, message = UNFIT[kind]
    own = type("Own", (Unfit,), {"change": staticmethod(change)})
    found = problems(settings, type("ViewSet", (PartyViewSet,), {"filterset_class": own}))
    assert any("Own.value" in line and message in line for line in found)


def test_a_filter_that_reads_the_clock_is_refused(settings):
    class Overdue(FilterSet):
        overdue = BooleanFilter(method="is_overdue")

        def is_overdue(self, rows, name, value):
            return rows.filter(created_at__date__lt=dt.date.today())  # noqa: DTZ011

    found = problems(settings, type("ViewSet", (PartyViewSet,), {"filterset_class": Overdue}))
    assert any("Overdue.overdue" in line and "CurrentDate()" in line for line in found)


def test_keyed_methods_that_read_the_clock_or_rows_are_refused(settings):
    with pytest.raises(ImproperlyConfigured, match="CurrentDate"):
        keyed(lambda self: self.filter(created_at__lt=timezone.now()))

    class Rows(RowLevelQuerySet[Party]):
        @keyed
        def known(self):
            return self.filter(pk__in=list(Address.objects.values_list("party_id", flat=True)))

    class ViewSet(PartyViewSet):
        def get_queryset(self):
            return Rows(Party).known()

    assert any("without list()" in line for line in problems(settings, ViewSet))


def test_a_filter_that_can_only_fail_at_a_request_is_reported(settings):
    class Wrong(FilterSet):
        far = NumberFilter(method="is_far")

        def is_far(self, rows, name, value):
            return rows.filter(pk__in=Address.objects.values("party", "id"))

    found = problems(settings, type("ViewSet", (PartyViewSet,), {"filterset_class": Wrong}))
    assert any("Wrong.far" in line for line in found)
