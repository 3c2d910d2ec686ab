"""A real SMTP server for tests, with configurable failures."""

import asyncio
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class PostOffice:
    """Accepts mail on `port` once it is open.

    `to_recipient` and `to_data` are its replies, unless empty; `replies` are those for single recipients.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.envelopes: list[Envelope] = []
        self.to_recipient, self.to_data = "", ""
        self.replies: dict[str, str] = {}
        self.hangs_up = False
        self.pause = 0.0
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def open(self) -> None:
        self._controller.start()

    def close(self) -> None:
        self._controller.stop(no_assert=True)

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the received mails, parsed."""
        return [message_from_bytes(cast(bytes, envelope.content), policy=policy.default) for envelope in self.envelopes]

    # aiosmtpd's hooks

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if reply := self.replies.get(address) or self.to_recipient:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.pause)
        if self.hangs_up:
            server.transport.abort()
        if self.to_data or self.hangs_up:
            return self.to_data
        self.envelopes.append(envelope)
        return "250 OK"
