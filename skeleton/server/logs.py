"""Logging: one JSON object per line on standard error, from both structlog and the standard library.

Each entry has the request's id and user. Bodies, headers and query strings are never logged, as they contain secrets.
"""

import logging
import sys

import orjson
import structlog
from structlog.typing import EventDict, Processor

from skeleton.kernel.context import current_request
from skeleton.kernel.types import Values


def _add_request(logger: object, method: str, event: EventDict) -> EventDict:
    request = current_request.get()
    if request:
        event.setdefault("request_id", request.request_id)
        if request.user_id:
            event.setdefault("user_id", request.user_id)
    return event


def _dump(event: EventDict, **_: object) -> bytes:
    return orjson.dumps(event, default=str)


_SHARED: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_request,
    structlog.processors.format_exc_info,
]


def configure(config: Values) -> None:
    """Configure logging. Called by Django as LOGGING_CONFIG with `config`, which contains the level."""
    level = config["level"]
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_dump)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=lambda event, **_: _dump(event).decode()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("procrastinate").setLevel(max(level, logging.WARNING))
    logging.getLogger("django.request").setLevel(logging.ERROR)  # 4xx are in our own request log
    # Refused requests are in our own request log. Anyone can send them, so they need no warning of their own.
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    logging.getLogger("django.security.csrf").setLevel(logging.WARNING)
