"""The search field of all pages: finds parties, invoices, orders, items and contracts by number, name or e-mail.

Each kind is one query on its trigram index, and only for users who may see its list. The query is planned for the
specific text, because a generic plan would not use the index.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext

from contracts.choices import ContractType
from skeleton.backoffice.lists import ListLinks, admin_for_model
from skeleton.backoffice.navigation import icon_of, sections_for
from skeleton.db.compiled_sql import compile_rows
from skeleton.db.search import SEARCH_TEXT, search_rows, words_of

MIN_LENGTH = 3
"""Minimum number of characters. A shorter text has no trigram, so the index cannot be used."""

HITS_PER_GROUP = 5
"""Number of hits shown per kind. The list has the rest."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    title: str
    note: str
    link: str


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """The hits of one kind. `more` links to the list if not all are shown."""

    title: str
    icon: str
    hits: list[SearchHit]
    more: str = ""


@dataclass(frozen=True, slots=True)
class SearchSource:
    """A searchable kind: its model, the column in which its screen's rows are searched, and the columns to show."""

    model: str
    column: str
    title: str
    note: str
    format_note: Callable[[Any], Any] = str
    """Formats the note for display."""


SOURCES = (
    SearchSource("parties.customer", SEARCH_TEXT, "name", "email"),
    SearchSource("billing.invoice", SEARCH_TEXT, "number", "customer_name"),
    SearchSource("billing.order", SEARCH_TEXT, "number", "customer_name"),
    SearchSource("inventory.item", SEARCH_TEXT, "name", "sku"),
    SearchSource(
        "contracts.contract",
        f"party__{SEARCH_TEXT}",
        "party__name",
        "contract_type",
        lambda kind: ContractType(kind).label,
    ),
    SearchSource("parties.supplier", SEARCH_TEXT, "name", "email"),
    SearchSource("parties.partner", SEARCH_TEXT, "name", "email"),
    SearchSource("parties.employee", SEARCH_TEXT, "name", "email"),
)


def find(request: HttpRequest, text: str) -> list[SearchGroup]:
    """Return the hits for `text` among the kinds that the user may see. A short text finds pages only."""
    wanted = " ".join(words_of(text))
    groups = [*_pages(request, wanted)] if wanted else []
    if len(wanted) >= MIN_LENGTH:
        lists = ListLinks(request)
        for source in SOURCES:
            if lists.can_view(source.model):
                groups += _found(source, wanted, lists)
    return groups


def _found(source: SearchSource, text: str, lists: ListLinks) -> Iterator[SearchGroup]:
    rows = search_rows(lists.rows(source.model), text, (source.column,)).order_by(F("pk").desc())
    columns = ("pk", source.title, source.note)
    try:
        found = compile_rows(rows, columns, tail=f"LIMIT {HITS_PER_GROUP + 1}", prepared=False).run({})
    except EmptyResultSet:  # the screen has no rows for this user
        return
    if found:
        hits = [
            SearchHit(title, source.format_note(note), lists.change_url(source.model, pk))
            for pk, title, note in found[:HITS_PER_GROUP]
        ]
        more = lists.changelist_url(source.model, q=text) if len(found) > HITS_PER_GROUP else ""
        yield SearchGroup(_name_of(source.model), icon_of(source.model), hits, more)


def _name_of(model: str) -> str:
    screen = admin_for_model(model)
    return str(capfirst(screen.opts.verbose_name_plural)) if screen else ""


def _pages(request: HttpRequest, text: str) -> Iterator[SearchGroup]:
    """Yield the navigation entries whose title contains each word."""
    words = text.lower().split()
    items = [item for section in sections_for(request) for item in section["items"]]
    hits = [
        SearchHit(str(item["title"]), str(item["description"]), item["link"])
        for item in items
        if all(word in str(item["title"]).lower() for word in words)
    ]
    if hits:
        yield SearchGroup(gettext("Pages"), "arrow_forward", hits[:HITS_PER_GROUP])
