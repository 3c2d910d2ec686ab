"""Events in the format of server-sent events."""

from dataclasses import dataclass

from skeleton.rest.http import dump_json


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event as it is sent, with its position."""

    position: int
    frame: bytes


def event_frame(position: int, kind: str, data: object) -> bytes:
    """Return an event in the format of server-sent events. The JSON contains no line breaks."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, kind.encode(), dump_json(data))


def heartbeat_frame(position: int) -> bytes:
    """Return a heartbeat that contains only the position, which the client stores, and keeps the connection alive."""
    return b": \nid: %d\n\n" % position
