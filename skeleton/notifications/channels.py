"""The ways out of the system. E-mail goes by Django's backend; who has a provider for SMS or push writes a class with a
`send` like these, and names it in `SKELETON_SMS_BACKEND` or `SKELETON_PUSH_BACKEND`.
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


class Refused(Exception):
    """The message will never be taken, so there is no use in trying again."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to whom. `id` is the same at every attempt, so that a provider can tell a repetition.

    `title` is one line (of an SMS: empty), `text` is the rest.
    """

    id: UUID
    channel: Channel
    title: str
    text: str
    user_id: UUID
    email: str
    name: str


class Backend(Protocol):
    """A way out. `send` raises Refused for good, anything else for now."""

    def send(self, message: Message) -> None: ...


class Console:
    """Writes what it is to send on standard output: for development, and where there is no provider."""

    def send(self, message: Message) -> None:
        title = f"{message.title}: " if message.title else ""
        sys.stdout.write(f"{message.channel.label} to {message.email}: {title}{message.text}\n")


class Mail:
    """E-mail, as the settings of Django's `EMAIL_BACKEND` say."""

    def send(self, message: Message) -> None:
        if not message.email.partition("@")[0].isascii():
            raise Refused("The part of the address before the @ is not ASCII, which Django cannot send to.")
        mail = EmailMessage(
            subject=message.title,
            body=message.text,
            to=[message.email],
            headers={
                "Message-ID": f"<{message.id}@{_domain()}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office replies stay away
            },
        )
        try:
            mail.send()
        except SMTPRecipientsRefused as exc:
            if all(code >= PERMANENT for code, _ in exc.recipients.values()):
                raise Refused(str(exc)) from exc
            raise


PERMANENT = 500
"""Replies of an SMTP server from here on will not change (RFC 5321, 4.2.1)."""


def _domain() -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return domain.encode("idna").decode()


def backend_of(channel: Channel) -> Backend:
    """What sends by this channel."""
    return _made(settings.SKELETON_CHANNELS[channel.value])


@cache
def _made(path: str) -> Backend:
    backend: Backend = import_string(path)()
    return backend
