"""The bounds that the server keeps, whatever its clients do. All of them are settings (docs/operations.md)."""

from dataclasses import dataclass

from django.conf import settings

IN_MEMORY = 32_000
"""Bytes up to which a request body is gathered in memory, before anything is asked about its sender."""
SMALL = 1_000_000
"""Bytes up to which a body has a total deadline; a larger one has a least rate."""
RATE_AFTER = 10.0
"""Seconds after which the rate of a large body is looked at."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Per server process, times in seconds, sizes in bytes."""

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
