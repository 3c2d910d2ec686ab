"""The languages of the user interface and of notifications."""

from django.db import models


class Language(models.TextChoices):
    """The same languages as `settings.LANGUAGES`, each named in itself."""

    ENGLISH = "en", "English"
    UKRAINIAN = "uk", "Українська"
    GERMAN = "de", "Deutsch"
