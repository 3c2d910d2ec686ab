"""Links on the page of a record to what apps on higher floors have about it: a customer's invoices, its statement.

An app registers its links in `AppConfig.ready()`. A page shows those whose target its user may read.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A link: `address` returns the URL for the record's id. Any one of `permissions` is required to see it."""

    title: Text
    icon: str
    address: Callable[[str], str]
    permissions: tuple[str, ...]


_links: dict[str, list[RecordLink]] = defaultdict(list)


def register_links(model: str, *links: RecordLink) -> None:
    """Show these links on the pages of a model (`parties.customer`)."""
    _links[model] += [link for link in links if link not in _links[model]]


def links_for(model: str, pk: str, actor: Actor) -> list[tuple[Text, str, str]]:
    """Return title, icon and address of the links that the actor may follow."""
    return [(link.title, link.icon, link.address(pk)) for link in _links[model] if actor.can(*link.permissions)]
