"""Base class of the business models."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.ids import uuid7


class Record(models.Model):
    """Base model with a UUIDv7 and the times of creation and last change (UTC)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))
    updated_at = models.DateTimeField(auto_now=True, editable=False, verbose_name=_("updated at"))

    class Meta:
        abstract = True
