"""The documents that entries are for, as links in the back office.

Accounting does not know the documents of other apps. An app registers a function for each of its source types in
`AppConfig.ready()`, which returns the links for a source id.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.urls import reverse

from accounting.choices import SourceType
from accounting.closing_models import YearClosing
from accounting.models import Entry

Links = Iterable[tuple[str, str]]
"""Texts and addresses."""

_sources: dict[SourceType, Callable[[UUID], Links]] = {}


def register_source(source_type: SourceType, links: Callable[[UUID], Links]) -> None:
    """Use `links` to find the documents of entries with this source type."""
    _sources[source_type] = links


def source_links(entry: Entry) -> list[tuple[str, str]]:
    """Return text and address of each document that the entry is for; of a reversal, of the entry that it reverses."""
    if entry.reverses:
        own = (entry.reverses.description, reverse("admin:accounting_entry_change", args=[entry.reverses_id]))
        return [own, *source_links(entry.reverses)]
    if entry.source_type == SourceType.CLOSING and entry.source_id:
        closing = YearClosing.objects.filter(pk=entry.source_id)
        return [(str(one), reverse("admin:accounting_yearclosing_change", args=[one.pk])) for one in closing]
    find = _sources.get(SourceType(entry.source_type))
    return list(find(entry.source_id)) if find and entry.source_id else []
