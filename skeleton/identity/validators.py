"""What a password may not be, beyond Django's own validators; asked by the API, the admin and commands alike."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError


class UndocumentedPasswordValidator:
    """The password of the demo administrator is printed in the documentation: nobody else may choose it."""

    text = "This password is printed in the documentation."

    def validate(self, password: str, user: Any = None) -> None:
        if password == settings.DEMO_PASSWORD:
            raise ValidationError(self.text, code="documented")

    def get_help_text(self) -> str:
        return "Your password can’t be the one that the documentation prints."
