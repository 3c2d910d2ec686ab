"""The types of conversations."""

from django.db.models import TextChoices


class ConversationType(TextChoices):
    DIRECT = "direct"
    GROUP = "group"
