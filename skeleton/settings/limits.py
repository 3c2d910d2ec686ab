"""Limits of server processes, rates, durations and sizes."""

import os
from typing import Any

from skeleton.settings.environment import env, reading

SERVER_LIMITS: dict[str, int | float] = {
    "connections": 8000,
    "connections_per_address": 4000,
    "bodies": 4000,
    "bodies_per_address": 2000,
    "uploads": 64,
    "uploads_per_address": 16,
    "body_idle_seconds": 10.0,
    "body_seconds": 60.0,
    "body_rate": 10_000,
    "queue_seconds": 4.0,
    "request_seconds": 30.0,
    "database_seconds": 2.5,
    "streams": 2000,
    "drain_bytes": 128_000_000,
    "drain_seconds": 20.0,
    "stalled_reader_seconds": 60,
}
"""Default limits of a server process: counts, seconds, bytes, bytes per second."""

with reading():
    SKELETON_WORKERS = env.int("SKELETON_WORKERS", os.cpu_count() or 1)
    SKELETON_HEADER_SECONDS = env.int("SKELETON_HEADER_SECONDS", 30)
    SKELETON_SERVER_LIMITS: dict[str, Any] = {
        # per server process (skeleton.server.limits); the variables are SKELETON_CONNECTIONS etc.
        name: env.int(f"SKELETON_{name.upper()}", default)
        if isinstance(default, int)
        else env.float(f"SKELETON_{name.upper()}", default)
        for name, default in SERVER_LIMITS.items()
    }
    SKELETON_STREAM_BYTES = env.int("SKELETON_STREAM_BYTES", 4_000_000)
    SKELETON_JOB_WORKERS = env.int("SKELETON_JOB_WORKERS", 1)
    SKELETON_JOB_THREADS = env.int("SKELETON_JOB_THREADS", 4)
    SKELETON_JOB_STALLED_SECONDS = env.float("SKELETON_JOB_STALLED_SECONDS", 30)
    SKELETON_UPLOAD_LIMIT = env.int("SKELETON_UPLOAD_LIMIT", 25_000_000)  # bytes
    SKELETON_THROTTLE = env.bool("SKELETON_THROTTLE", True)
    SKELETON_LIMITS = {
        # name: (hits, seconds)
        "login": (env.int("SKELETON_LIMIT_LOGIN", 5), 60),
        "login_address": (env.int("SKELETON_LIMIT_LOGIN_ADDRESS", 60), 60),
        "guess_address": (env.int("SKELETON_LIMIT_GUESS_ADDRESS", 30), 600),
        "account": (env.int("SKELETON_LIMIT_ACCOUNT", 30), 3600),
        "register": (env.int("SKELETON_LIMIT_REGISTER", 3), 3600),
        "refresh": (env.int("SKELETON_LIMIT_REFRESH", 30), 60),
        "upload": (env.int("SKELETON_LIMIT_UPLOAD", 10), 60),
        "document_email": (env.int("SKELETON_LIMIT_DOCUMENT_EMAIL", 20), 3600),
        "general": (env.int("SKELETON_LIMIT_GENERAL", 1000), 60),
    }
    SKELETON_LIMIT_WAITS = (
        # seconds: the first delay after an account's allowed failures, and the longest one
        env.int("SKELETON_LIMIT_FIRST_WAIT", 60),
        env.int("SKELETON_LIMIT_LONGEST_WAIT", 15 * 60),
    )

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
