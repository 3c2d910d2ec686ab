"""Delivery backends for the channels.

E-mail uses Django's e-mail backend. To use a provider for SMS or push, write a class with a `send` method like those
below and set `SKELETON_SMS_BACKEND` or `SKELETON_PUSH_BACKEND` to its import path.
"""

import sys
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from skeleton.notifications.choices import Channel
from skeleton.notifications.mail import Letter, PermanentFailure, send_letter

__all__ = ["Backend", "ConsoleBackend", "MailBackend", "Message", "PermanentFailure", "Refused", "backend_of"]

Refused = PermanentFailure
"""The former name, for backends outside of this project."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message and its recipient. `id` is the same for every attempt, so that a provider can detect duplicates.

    `title` is a single line (empty for SMS), `text` is the body.
    """

    id: UUID
    channel: Channel
    title: str
    text: str
    user_id: UUID
    email: str
    name: str


class Backend(Protocol):
    """Sends messages over one channel. `send` raises PermanentFailure, or any other error to retry."""

    def send(self, message: Message) -> None: ...


class ConsoleBackend:
    """Writes messages to standard output, for development and for channels without a provider."""

    def send(self, message: Message) -> None:
        title = f"{message.title}: " if message.title else ""
        sys.stdout.write(f"{message.channel.label} to {message.email}: {title}{message.text}\n")


class MailBackend:
    """Sends e-mail with Django's `EMAIL_BACKEND`."""

    def send(self, message: Message) -> None:
        send_letter(Letter(message.id, message.title, message.text, to=[message.email]))


def backend_of(channel: Channel) -> Backend:
    """Return the backend of this channel."""
    return _backend(settings.SKELETON_CHANNELS[channel.value])


@cache
def _backend(path: str) -> Backend:
    backend: Backend = import_string(path)()
    return backend
