"""Django's SMTP backend, which also reports recipients that are refused while others are accepted."""

import smtplib
from collections.abc import Mapping
from typing import Any

from django.core.mail.backends import smtp


class PartlyRefused(smtplib.SMTPException):
    """The server accepted the message, but not for these recipients. `recipients` has its reply for each of them."""

    def __init__(self, recipients: Mapping[str, tuple[int, bytes]]) -> None:
        self.recipients = recipients
        super().__init__(recipients)


class _Reporting(smtplib.SMTP):
    """A connection whose `sendmail` raises PartlyRefused, where smtplib only returns the refused recipients."""

    def sendmail(self, *args: Any, **options: Any) -> dict[str, tuple[int, bytes]]:
        refused = super().sendmail(*args, **options)
        if refused:
            raise PartlyRefused(refused)
        return refused


class _ReportingTls(_Reporting, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


class EmailBackend(smtp.EmailBackend):
    """Sends e-mail over SMTP. Raises PartlyRefused, besides what Django's backend raises."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _ReportingTls if self.use_ssl else _Reporting
