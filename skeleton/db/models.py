"""Tables of the platform itself: number series, row counts, throttles, and what became of jobs."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberSeries(models.Model):
    """The last number given in each series (`INV-2026`). Written only by `db.numbers`."""

    name = models.CharField(max_length=40, primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        db_table = "core_number_series"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(last__gt=0),
                name="core_number_series_positive",
                violation_error_message=_("The numbers of a series begin at 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


class RowCount(models.Model):
    """By how many rows a statement changed a part of a counted table. Written by triggers; see `db.counting`."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=63)
    part = models.TextField()
    delta = models.BigIntegerField()

    class Meta:
        db_table = "core_row_count"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["source", "part"], name="core_row_count_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.part}: {self.delta:+}"


class Throttle(models.Model):
    """Hits of one subject against one limit. UNLOGGED (see the migration): losing it in a crash costs nothing."""

    key = models.CharField(max_length=400, primary_key=True)
    hits = models.IntegerField()
    resets_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    """Of a limit that grows: when the next hit is let through."""

    class Meta:
        db_table = "core_throttle"

    def __str__(self) -> str:
        return f"{self.key}: {self.hits}"


class JobDone(models.Model):
    """That a job's transaction was committed: what keeps it from being done twice. Written only by `jobs.queue`."""

    job_id = models.BigIntegerField(primary_key=True)
    done_at = models.DateTimeField()

    class Meta:
        db_table = "core_job_done"

    def __str__(self) -> str:
        return str(self.job_id)


class JobFailure(models.Model):
    """Why a job failed the last time. Written only by `jobs.failures`; it goes with the job."""

    job_id = models.BigIntegerField(primary_key=True)
    failed_at = models.DateTimeField()
    error = models.TextField()
    place = models.TextField()

    class Meta:
        db_table = "core_job_failure"

    def __str__(self) -> str:
        return self.error
