"""E-mail over Django's backend, for notifications and for documents, with the mail server's words if it refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.errors import Conflict
from skeleton.notifications.smtp import PartlyRefused

PERMANENT_FROM = 500
"""SMTP reply codes from here on are permanent failures (RFC 5321, 4.2.1)."""


class SendingFailure(Exception):
    """The provider's words for why it did not take the message. It may take it later."""


class PermanentFailure(SendingFailure):
    """The provider will never accept the message, so it must not be retried."""


class NoMailServer(Conflict):
    default_message = _("E-mail is not set up: there is no mail server. Ask your administrator to set one up.")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is attached to an e-mail."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail. `id` is the same for every attempt, so that mail servers can detect duplicates.

    `subject` is a single line. An `automatic` letter was written by no person and asks for no automatic reply.
    """

    id: UUID
    subject: str
    text: str
    to: Sequence[str]
    cc: Sequence[str] = ()
    reply_to: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()
    automatic: bool = True


def require_mail_server() -> None:
    """Raise NoMailServer if e-mail would only be written to the console."""
    if not settings.EMAIL_HOST:
        raise NoMailServer


def is_sendable(address: str) -> bool:
    """Return whether Django can send to the address: it writes domains in ASCII, but not what is before the @."""
    return address.partition("@")[0].isascii()


def send_letter(letter: Letter) -> None:
    """Send the e-mail. Raises PermanentFailure; SendingFailure or any other error if it may be retried.

    A letter that only some recipients were refused is a permanent failure, since the others have it already.
    """
    if not all(map(is_sendable, (*letter.to, *letter.cc))):
        raise PermanentFailure("The part of the address before the @ is not ASCII, which Django cannot send to.")
    try:
        _message(letter).send()
    except SMTPRecipientsRefused as exc:
        permanent = all(code >= PERMANENT_FROM for code, _reply in exc.recipients.values())
        raise (PermanentFailure if permanent else SendingFailure)(_refusals(exc.recipients)) from exc
    except PartlyRefused as exc:
        raise PermanentFailure(f"{_refusals(exc.recipients)} (sent to the other recipients)") from exc
    except SMTPResponseException as exc:
        raise SendingFailure(_words(exc.smtp_code, exc.smtp_error)) from exc


def _message(letter: Letter) -> EmailMessage:
    headers = {"Message-ID": f"<{letter.id}@{_domain()}>"}
    if letter.automatic:
        headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents out-of-office replies
    message = EmailMessage(
        subject=letter.subject,
        body=letter.text,
        to=list(letter.to),
        cc=list(letter.cc),
        reply_to=list(letter.reply_to),
        headers=headers,
    )
    for file in letter.attachments:
        message.attach(file.name, file.content, file.media_type)
    return message


def _refusals(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address}: {_words(*reply)}" for address, reply in recipients.items())


def _words(code: int, reply: bytes | str) -> str:
    """Return a server's reply in one line."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return " ".join(f"{code} {text}".split())


def _domain() -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return domain.encode("idna").decode()
