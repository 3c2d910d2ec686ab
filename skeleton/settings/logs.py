"""Logs: one JSON object per line, on standard error."""

import logging

from skeleton.settings.environment import env, fail, reading

with reading():
    SKELETON_LOG_LEVEL = env.str("SKELETON_LOG_LEVEL", "info")

_level = logging.getLevelNamesMapping().get(SKELETON_LOG_LEVEL.upper())
if _level is None:
    raise fail("SKELETON_LOG_LEVEL must be debug, info, warning or error.")

LOGGING_CONFIG = "skeleton.server.logs.configure"
LOGGING = {"level": _level}
