"""Infrastructure tables: number series, row counts, throttles, job results and answers for retries."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberSeries(models.Model):
    """The last number used in each series (`INV-2026`). Written only by `db.numbers`."""

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
    """A change of a maintained count by one statement. Written by triggers; see `db.counting`."""

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
    """The hits of one subject against one limit. The table is UNLOGGED: losing it in a crash is harmless."""

    key = models.CharField(max_length=400, primary_key=True)
    hits = models.IntegerField()
    resets_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    """For a limit with backoff: the time from which the next hit is allowed."""

    class Meta:
        db_table = "core_throttle"

    def __str__(self) -> str:
        return f"{self.key}: {self.hits}"


class JobDone(models.Model):
    """Marks a job whose transaction was committed, so that it is not run twice. Written only by `jobs.queue`."""

    job_id = models.BigIntegerField(primary_key=True)
    done_at = models.DateTimeField()

    class Meta:
        db_table = "core_job_done"

    def __str__(self) -> str:
        return str(self.job_id)


class JobFailure(models.Model):
    """The last error of a job. Written only by `jobs.failures`; deleted with the job."""

    job_id = models.BigIntegerField(primary_key=True)
    failed_at = models.DateTimeField()
    error = models.TextField()
    place = models.TextField()

    class Meta:
        db_table = "core_job_failure"

    def __str__(self) -> str:
        return self.error


class IdempotentAnswer(models.Model):
    """The answer to a request with an Idempotency-Key, for its retries. Written only by `rest.idempotency`.

    `caller_id` is the user's id. `fingerprint` is a hash of the request.
    """

    id = models.BigAutoField(primary_key=True)
    caller_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField()
    status = models.SmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "core_idempotent_answer"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["caller_id", "key"],
                name="core_idempotent_answer_once",
                violation_error_message=_("This Idempotency-Key has been used."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"], name="core_idempotent_answer_age"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
