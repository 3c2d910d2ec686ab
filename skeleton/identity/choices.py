"""The languages that the system speaks to people."""

from django.db import models


class Language(models.TextChoices):
    """The same as `settings.LANGUAGES`, each under its own name."""

    ENGLISH = "en", "English"
    UKRAINIAN = "uk", "Українська"
    GERMAN = "de", "Deutsch"
