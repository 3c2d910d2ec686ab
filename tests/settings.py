"""The settings of the tests: the real ones, with a database without durability, no throttles and few log messages."""

import os

os.environ.setdefault("SKELETON_TEST_FAST_DB", "on")
os.environ.setdefault("SKELETON_THROTTLE", "off")
os.environ.setdefault("SKELETON_REGISTRATION", "open")
os.environ.setdefault("SKELETON_LOG_LEVEL", "error")
os.environ.setdefault("SKELETON_LOCK_SECONDS", "10")  # racers on a busy machine may wait for longer than clients should

from skeleton.settings import *  # noqa: E402, F403

STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PROCRASTINATE_IMPORT_PATHS = ["skeleton.jobs.tests.jobs"]
EMAIL_HOST, SKELETON_MAIL_FROM = "mail.test", "Skeleton <crm@example.com>"
"""A mail server is set up, but nothing reaches it: Django's test runner keeps e-mail in memory."""
