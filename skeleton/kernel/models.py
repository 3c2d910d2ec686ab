"""The base of the business models."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.ids import uuid7


class Record(models.Model):
    """What every row of the business has: a UUIDv7 and the moments it was made and last changed (UTC)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))
    updated_at = models.DateTimeField(auto_now=True, editable=False, verbose_name=_("updated at"))

    class Meta:
        abstract = True
