"""The kinds of objects that have events: the names of their events, and who may see them.

Apps declare their kinds in `AppConfig.ready()`. The table of all kinds is the only place that knows event types; the
API, the OpenAPI document and the tests read it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from skeleton.kernel.actors import Actor

CREATED, UPDATED, DELETED = "created", "updated", "deleted"

Visible = bool | Q
"""Whether an actor may see events: all of a kind, none of them, or those that a condition on the event selects."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of object.

    `source` is its table and `parts` are those whose rows belong to it. `path` is the path of its GET, if it has one.
    `any_of` are the permissions of which one is needed to read it (empty: none), and `rows` narrows them to the objects
    that an actor may read.

    `statuses` maps a new status to the name of its event, and `transitions` does so for single changes
    (`paid>sent`); `verbs` are the names of other changes.
    """

    noun: str
    source: str
    resource: str
    path: str | None
    any_of: tuple[str, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    transitions: Mapping[str, str] = field(default_factory=dict)
    verbs: Sequence[str] = (CREATED, UPDATED)
    parts: Sequence[str] = ()
    rows: Callable[[Actor], Visible] | None = None

    def visible_to(self, actor: Actor) -> Visible:
        """Return which events of this kind the actor may see: those of objects that they may GET."""
        if self.any_of and not actor.can(*self.any_of):
            return False
        return self.rows(actor) if self.rows else True

    def type_of(self, verb: str) -> str:
        """Return the event type of a stored verb: `created`, `updated`, `deleted`, or `<old status>><new status>`."""
        name = self.transitions.get(verb) or (
            self.statuses.get(verb.partition(">")[2], UPDATED) if ">" in verb else verb
        )
        return f"{self.noun}.{name}"

    def types(self) -> Iterator[str]:
        """Yield every type of event of this kind."""
        names = dict.fromkeys([*self.verbs, *self.statuses.values(), *self.transitions.values()])
        return (f"{self.noun}.{name}" for name in names)


_kinds: dict[tuple[str, str], Kind] = {}


def declare(*kinds: Kind) -> None:
    """Add kinds to the table."""
    for kind in kinds:
        for source in (kind.source, *kind.parts):
            _kinds[source, kind.resource] = kind


def all_kinds() -> list[Kind]:
    """Return every kind, in the order in which they were declared."""
    return list(dict.fromkeys(_kinds.values()))


def event_types() -> list[str]:
    """Return the names of all event types, sorted."""
    return sorted({name for kind in all_kinds() for name in kind.types()})


def type_of(source: str, resource: str, verb: str) -> str:
    """Return the type of a stored event. A kind of a former version is named after its table."""
    kind = _kinds.get((source, resource))
    return kind.type_of(verb) if kind else f"{source}.{verb}"


def selected_types(patterns: Iterable[str]) -> tuple[frozenset[str], list[str]]:
    """Return the types that `patterns` (`invoice.sent`, `invoice.*`, `*`) select, and the patterns without any."""
    known = event_types()
    found: set[str] = set()
    unknown = []
    for pattern in patterns:
        prefix = pattern.removesuffix("*")
        wild = pattern == "*" or pattern.endswith(".*")
        matching = {name for name in known if (name.startswith(prefix) if wild else name == pattern)}
        found |= matching
        if not matching:
            unknown.append(pattern)
    return frozenset(found), unknown


def with_types(types: frozenset[str]) -> Q:
    """Return the condition on events that selects these types."""
    found = Q(pk__in=[])
    for kind in all_kinds():
        wanted = {name.removeprefix(f"{kind.noun}.") for name in types if name.startswith(f"{kind.noun}.")}
        if wanted:
            found |= Q(source__in=[kind.source, *kind.parts], resource=kind.resource) & _with_names(kind, wanted)
    return found


def _with_names(kind: Kind, names: set[str]) -> Q:
    """Return the condition on the verb of a kind's events that selects these names."""
    stored = [verb for verb in {CREATED, UPDATED, DELETED, *kind.verbs} if verb in names]
    found = Q(verb__in=stored)
    for status, name in kind.statuses.items():
        if name in names:
            found |= Q(verb__endswith=f">{status}") & ~Q(verb__in=list(kind.transitions))
    found |= Q(verb__in=[change for change, name in kind.transitions.items() if name in names])
    if UPDATED in names:
        other = Q(verb__contains=">") & ~Q(verb__in=list(kind.transitions))
        for status in kind.statuses:
            other &= ~Q(verb__endswith=f">{status}")
        found |= other
    return found


def visible_to(actor: Actor) -> Q:
    """Return the condition on events that selects those the actor may see."""
    found = Q(pk__in=[])
    whole: dict[str, list[str]] = {}
    for kind in all_kinds():
        visible: Any = kind.visible_to(actor)
        sources = [kind.source, *kind.parts]
        if visible is True:
            whole.setdefault(kind.resource, []).extend(sources)
        elif visible is not False:
            found |= Q(resource=kind.resource, source__in=sources) & visible
    for resource, sources in whole.items():
        found |= Q(resource=resource, source__in=sources)
    return found
