"""Delivery backends for the channels.

E-mail uses Django's e-mail backend. To use a provider for SMS or push, write a class with a `send` method like those
below and set `SKELETON_SMS_BACKEND` or `SKELETON_PUSH_BACKEND` to its import path.
"""

import sys
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from smtplib import SMTPRecipientsRefused
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from skeleton.notifications.choices import Channel


class PermanentFailure(Exception):
    """The provider will never accept the message, so it must not be retried."""


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
        if not message.email.partition("@")[0].isascii():
            raise PermanentFailure("The part of the address before the @ is not ASCII, which Django cannot send to.")
        mail = EmailMessage(
            subject=message.title,
            body=message.text,
            to=[message.email],
            headers={
                "Message-ID": f"<{message.id}@{_domain()}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834: prevents out-of-office replies
            },
        )
        try:
            mail.send()
        except SMTPRecipientsRefused as exc:
            if all(code >= PERMANENT_FROM for code, _ in exc.recipients.values()):
                raise PermanentFailure(str(exc)) from exc
            raise


PERMANENT_FROM = 500
"""SMTP reply codes from here on are permanent failures (RFC 5321, 4.2.1)."""


def _domain() -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return domain.encode("idna").decode()


def backend_of(channel: Channel) -> Backend:
    """Return the backend of this channel."""
    return _backend(settings.SKELETON_CHANNELS[channel.value])


@cache
def _backend(path: str) -> Backend:
    backend: Backend = import_string(path)()
    return backend
