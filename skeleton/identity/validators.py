"""Password validators in addition to Django's, used by the API, the admin and the commands."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ReadablePasswordValidator:
    """Refuses passwords that can't be typed or seen: NUL characters, invalid Unicode, no visible characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if not any(char.isprintable() and not char.isspace() for char in password):
            raise ValidationError(gettext("The password consists of spaces only."), code="blank")
        if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in password):
            raise ValidationError(gettext("The password contains characters that cannot be typed."), code="unreadable")

    def get_help_text(self) -> str:
        return gettext("Your password can’t consist of spaces only.")


class MaximumLengthValidator:
    """Refuses passwords longer than `max_length` characters, because hashing them takes longer."""

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > self.max_length:
            text = gettext("This password is too long. It must contain at most %(max_length)d characters.")
            raise ValidationError(text % {"max_length": self.max_length}, code="password_too_long")

    def get_help_text(self) -> str:
        text = gettext("Your password must contain at most %(max_length)d characters.")
        return text % {"max_length": self.max_length}


class UndocumentedPasswordValidator:
    """Refuses the documented password of the demo administrator."""

    text = _("This password is printed in the documentation.")

    def validate(self, password: str, user: Any = None) -> None:
        if password == settings.DEMO_PASSWORD:
            raise ValidationError(self.text, code="documented")

    def get_help_text(self) -> str:
        return gettext("Your password can’t be the one that the documentation prints.")
