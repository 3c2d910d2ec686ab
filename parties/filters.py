"""Filters of parties and countries."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from parties.choices import PartyStatus
from parties.models import COUNTRY_SEARCH, Address, Party
from parties.queries import country_ids
from skeleton.kernel.ids import parse_uuid
from skeleton.rest.filters import BooleanFilter, ChoiceFilter, FilterSet, SearchFilter, TextFilter

_CODE = re.compile(r"[A-Za-z]{2,3}")
NO_COUNTRY = UUID(int=0)


class _CountryReference(forms.CharField):
    """A country's id or code."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if not parse_uuid(text) and not _CODE.fullmatch(text):
            raise forms.ValidationError("Must be a country's id, alpha-2 or alpha-3 code.")
        return text


class CountryFilter(TextFilter):
    """Filters by a country's id or code. An unknown code matches nothing.

    The id is looked up first, because PostgreSQL chooses the plan by how common the country is.
    """

    field_class = _CountryReference
    by_value = True

    def bind(self, value: str) -> UUID:
        return parse_uuid(value) or next(iter(country_ids(value)), NO_COUNTRY)


class PartyFilterSet(FilterSet):
    status = ChoiceFilter(choices=PartyStatus.choices)
    active = BooleanFilter(method="being_active", label="Whether the status is active.")
    search = SearchFilter(label="Words to find in the name, e-mail, tax id, VAT id and phone.")
    country = CountryFilter(
        method="in_country", label="The country of any of the party's addresses: its id, alpha-2 or alpha-3 code."
    )

    def being_active(self, rows: QuerySet[Party], name: str, value: bool) -> QuerySet[Party]:
        others = [status for status in PartyStatus if status != PartyStatus.ACTIVE]
        return rows.filter(status=PartyStatus.ACTIVE) if value else rows.filter(status__in=others)

    def in_country(self, rows: QuerySet[Party], name: str, value: Any) -> QuerySet[Party]:
        return rows.filter(Exists(Address.objects.filter(party=OuterRef("pk"), country_id=value)))


class CountryFilterSet(FilterSet):
    is_active = BooleanFilter()
    region = TextFilter()
    search = SearchFilter(
        *COUNTRY_SEARCH, label="Words to find in the code, the alpha-3 code and the names in all languages."
    )
