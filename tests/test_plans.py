"""Every list, filter and order of the API can use an index, so that none has to read its whole table.

PostgreSQL plans each statement as the API compiles it, for unknown values and with sequential scans disabled. If the
plan has one nevertheless, no index can be used. (Whether PostgreSQL uses an available index depends on the data, and
the tables of tests are too small to find out.)
"""

import datetime as dt
import re

import pytest
from django.db import connection

from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.ids import uuid7
from skeleton.rest.actions import endpoints
from skeleton.rest.compiled import ListMode, compiled_query_of, source_of
from skeleton.rest.filters import BooleanFilter, ChoiceFilter, DateFilter, NumberFilter, UUIDFilter
from skeleton.rest.listing import Ordering
from skeleton.rest.rows import queryset_of
from skeleton.rest.viewsets import ListMixin

pytestmark = pytest.mark.django_db

NOBODY = Actor(id=uuid7(), email="nobody@example.com", name="Nobody", permissions=frozenset())

SMALL = {
    "parties_country",
    "accounting_account",
    "accounting_period",
    "accounting_tax_code",
    "inventory_warehouse",
    "inventory_category",
    "identity_role",
}
"""Tables that never have more than some hundred rows: a sequential scan is the best plan."""

MODES = (ListMode(keyed=True), ListMode(keyed=True, after=True), ListMode(deep=True))

NEARLY_ALL = {
    ("billing_invoice", "overdue", False),
    ("billing_invoice", "origin", "created"),
    ("billing_credit_note", "unallocated", False),
    ("billing_payment", "unallocated", False),
    ("billing_payment", "reversed", False),
    ("inventory_stock", "low", False),
    ("identity_user", "active", True),
}
"""Filters that match nearly all rows, so that counting reads them all. (Pages use the index of the order.)"""


def lists():
    """Return every list view of the API by name."""
    classes = {getattr(view, "cls", object) for _, view in endpoints()}
    found = {each.__name__: each for each in classes if issubclass(each, ListMixin)}
    return [found[name] for name in sorted(found)]


def plan(statement, *more):
    """Return the generic plan of a compiled statement, without sequential scans if possible."""
    params = statement.sql.count("%s")
    sql = statement.sql % tuple(f"${n + 1}" for n in range(params))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = cursor.connection.execute(f"EXPLAIN (GENERIC_PLAN) {sql}", prepare=False).fetchall()
    return "\n".join(line for (line,) in found)


def scans(statement, table):
    return re.search(rf"Seq Scan on {table}\b", plan(statement)) is not None


def orders(view):
    fields = (Ordering(name, key) for name, key in view.ordering_fields.items())
    for each in (view().get_ordering(), *fields):
        for descending in (False, True):
            yield Ordering(each.name, each.key, descending)


def shapes(view):
    """Yield each filter on its own, once for each value that changes its SQL."""
    for name, each in (view.filterset_class.base_filters if view.filterset_class else {}).items():
        for value in samples(each):
            yield name, value, view.filterset_class.shape({name: value})


def samples(each):
    if isinstance(each, BooleanFilter):
        return [True, False]
    if isinstance(each, ChoiceFilter):
        return [value for value, _ in each.extra["choices"]]
    if isinstance(each, UUIDFilter):
        return [uuid7()]
    if isinstance(each, DateFilter):
        return [dt.date(2026, 1, 1)]
    if isinstance(each, NumberFilter):
        return [7]
    return ["text"]


def rows_of(view, actor):
    """Return the source of a list's rows, for one parent if the path has one."""
    return source_of(queryset_of(view, actor, pk=str(uuid7())))


@pytest.mark.parametrize("view", lists(), ids=lambda view: view.__name__)
def test_no_list_reads_its_whole_table(view):
    compiled_query = compiled_query_of(view.list_serializer_class or view.serializer_class, view.filterset_class)
    missing = set()
    for actor in (SYSTEM, NOBODY):
        source = rows_of(view, actor)
        table = source.model._meta.db_table
        if table in SMALL:
            continue
        for ordering in orders(view):
            for mode in MODES:
                if scans(compiled_query._page(source, (), ordering, mode), table):
                    missing.add(f"order {ordering.name} {mode}")
        for name, value, shape in shapes(view):
            asked = compiled_query._page(source, shape, view().get_ordering(), ListMode(keyed=True))
            if not view.pagination_class.cursor_only and (table, name, value) not in NEARLY_ALL:
                asked = compiled_query._count(source, shape)
            if scans(asked, table):
                missing.add(f"filter {name}={value}")
    assert not missing, sorted(missing)
