"""Limits that protect the server from its clients. Those in `Limits` are settings (docs/operations.md)."""

from dataclasses import dataclass

from django.conf import settings

MAX_BUFFERED_BODY = 32_000
"""Maximum size in bytes of a request body that is buffered in memory before its sender is authenticated."""
MAX_SMALL_BODY = 1_000_000
"""Maximum size in bytes of a body with a total deadline. A larger one has a minimum rate instead."""
RATE_CHECK_AFTER_SECONDS = 10.0
"""Seconds after which the rate of a large body is checked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server process. Times are in seconds, sizes in bytes."""

    connections: int
    connections_per_address: int
    bodies: int
    bodies_per_address: int
    uploads: int
    uploads_per_address: int
    body_idle_seconds: float
    body_seconds: float
    body_rate: int
    queue_seconds: float
    request_seconds: float
    database_seconds: float
    streams: int
    drain_bytes: int
    drain_seconds: float
    stalled_reader_seconds: int

    @classmethod
    def from_settings(cls) -> "Limits":
        return cls(**settings.SKELETON_SERVER_LIMITS)
