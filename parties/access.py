"""Who sees which parties and countries: whoever holds the permission of the route sees all of them."""

from functools import partial

from django.db.models import QuerySet

from parties.choices import PartyKind
from parties.models import KINDS, Country, Party
from skeleton.db.access import OpenGate
from skeleton.db.counting import Counted

COUNTRIES = OpenGate(Country.objects.all)


def of_kind(kind: PartyKind) -> QuerySet[Party]:
    """The parties of one kind."""
    return KINDS[kind].objects.all()


PARTIES: dict[PartyKind, OpenGate] = {
    kind: OpenGate(partial(of_kind, kind), counted=Counted("parties_party", kind.value)) for kind in PartyKind
}
"""A gate per kind: a supplier's id names nothing among the customers."""
