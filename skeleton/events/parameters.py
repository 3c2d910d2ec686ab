"""Parses the parameters of event lists and streams."""

from collections.abc import Sequence

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter

from skeleton.events import kinds
from skeleton.events.log import LogState
from skeleton.events.queries import Selection
from skeleton.kernel.errors import BadRequest, Gone
from skeleton.kernel.ids import parse_uuid

MOST_DIGITS = 18
"""Digits in a position, which is a 64-bit number."""
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000

_TYPES = OpenApiParameter("types", str, description="Only these types, separated by commas: `invoice.sent,order.*`.")
_RESOURCE = OpenApiParameter("resource", str, description="Only events of this resource, named as in permissions.")
_RESOURCE_ID = OpenApiParameter("resource_id", {"type": "string", "format": "uuid"}, description="Only of this object.")
LIST_PARAMETERS = (
    OpenApiParameter("after", int, description="The last position that you have. Without it, from the oldest event."),
    _TYPES,
    _RESOURCE,
    _RESOURCE_ID,
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description=f"Number of events; at most {MAX_LIMIT}.",
    ),
)
STREAM_PARAMETERS = (
    OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER, description="Resume after this position."),
    OpenApiParameter("last_event_id", int, description="The same, for clients that can't send the header."),
    _TYPES,
    _RESOURCE,
    _RESOURCE_ID,
)


def refuse_others(query: QueryDict, known: Sequence[OpenApiParameter]) -> None:
    """Raise BadRequest for a parameter that is not among `known`."""
    names = {parameter.name for parameter in known}
    unknown = [name for name in query if name not in names]
    if unknown:
        raise BadRequest(f"Unknown query parameter: {unknown[0]}.", details=dict.fromkeys(unknown, "Unknown parameter"))


def parse_selection(query: QueryDict) -> Selection:
    """Return the events that the query asks for. Raises BadRequest."""
    patterns = [
        pattern.strip() for text in query.getlist("types") for pattern in str(text).split(",") if pattern.strip()
    ]
    types, unknown = kinds.selected_types(patterns)
    if unknown:
        raise BadRequest(f"There is no event type {unknown[0]}.", details={"types": f"There is no type {unknown[0]}."})
    text = query.get("resource_id")
    resource_id = parse_uuid(str(text)) if text is not None else None
    if text is not None and resource_id is None:
        raise BadRequest("resource_id is not valid.", details={"resource_id": "Must be a UUID."})
    resource = query.get("resource")
    if resource is not None and resource not in (names := {kind.resource for kind in kinds.all_kinds()}):
        told = f"Must be one of {', '.join(sorted(names))}."
        raise BadRequest(f"There is no resource {resource}.", details={"resource": told})
    return Selection(types if patterns else None, str(resource) if resource is not None else None, resource_id)


def parse_limit(query: QueryDict) -> int:
    """Return the number of events for a page. Raises BadRequest."""
    text = str(query.get("limit", DEFAULT_LIMIT))
    value = _digits(text)
    if not value:
        raise BadRequest("limit must be a positive integer.", details={"limit": "Must be a positive integer."})
    return min(value, MAX_LIMIT)


def parse_position(text: str | None, name: str) -> int | None:
    """Return a position, or None if there is none. Raises BadRequest."""
    if not text:
        return None
    value = _digits(text)
    if value is None:
        raise BadRequest(f"{name} is not a position.", details={name: "Must be a position of an event."})
    return value


def require_covered(state: LogState, position: int) -> int:
    """Return the position. Raises Gone if the log does not have every event after it."""
    if not state.covers(position):
        raise Gone(
            "The events after this position are no longer available. Read everything anew, then go on from here."
        )
    return position


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
