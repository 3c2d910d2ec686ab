"""Redaction of passwords, tokens and keys in texts that are shown or logged."""

import re
from collections.abc import Iterator

from django.conf import settings

MAX_LENGTH = 500  # characters
MASK = "•••"

_SECRETS = (
    (re.compile(r"(://[^\s/@]*:)[^\s/@]+@"), rf"\1{MASK}@"),  # a password in a URL
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), MASK),  # a token, anywhere
    (
        re.compile(
            r"((?:pass(?:word|wd)?|pwd|secret|token|ticket|signature|credential|(?:api|access|secret)[_-]?key)\w*"
            r"[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)]+)",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
)


def redact(text: str) -> str:
    """Return `text` without configured secrets and anything that looks like one, truncated to a readable length."""
    for secret in _configured_secrets():
        text = text.replace(secret, MASK)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"


def _configured_secrets() -> Iterator[str]:
    """Return the secrets in the settings."""
    options = settings.STORAGES.get("default", {}).get("OPTIONS", {})
    found = (
        settings.SECRET_KEY,
        settings.DATABASES["default"].get("PASSWORD"),
        getattr(settings, "EMAIL_HOST_PASSWORD", ""),
        options.get("secret_key"),
    )
    return (str(secret) for secret in found if secret)
