"""The back-office screen for jobs: waiting, running and failed ones, and the periodic jobs.

No role can have a permission on `jobs`, because none is defined. The screen is for users with `*:*`.
"""

import datetime as dt
from typing import ClassVar, Protocol

import orjson
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent
from unfold.contrib.filters.admin import DropdownFilter
from unfold.enums import ActionVariant

from skeleton.jobs import services
from skeleton.jobs.choices import NEEDS_ATTENTION, JobState
from skeleton.jobs.models import Job
from skeleton.jobs.queries import PeriodicJob, jobs_with_failures, live_worker_count, periodic_jobs
from skeleton.jobs.titles import job_title
from skeleton.kernel.actors import Actor
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.redaction import redact
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.admins import ReadOnlyRecordAdmin
from skeleton.office.columns import EMPTY, label, status_column

COLOURS: dict[str, str] = {
    JobState.TODO: "info",
    JobState.DOING: "primary",
    JobState.FAILED: "danger",
    JobState.SUCCEEDED: "success",
    JobState.CANCELLED: "warning",
    JobState.ABORTED: "warning",
}
ALL = "all"


class _Row(Protocol):
    """What `jobs_with_failures` adds to a job."""

    since: dt.datetime | None
    reason: str | None
    place: str | None
    failed_at: dt.datetime | None


class StateFilter(DropdownFilter):
    """Filters by status. By default, only open and failed jobs are shown, as there are thousands of others a day."""

    title, parameter_name = _("status"), "status"
    all_option: ClassVar[object] = ["", _("Waiting, running, failed")]

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Text]]:
        return [*JobState.choices, (ALL, _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        wanted = self.value()
        if wanted == ALL:
            return queryset
        return queryset.filter(status__in=[wanted] if wanted in JobState.values else NEEDS_ATTENTION)


class TaskFilter(DropdownFilter):
    title, parameter_name = _("job"), "task"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return sorted(((name, str(job_title(name).name)) for name in app.tasks), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(task_name=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ReadOnlyRecordAdmin):
    resources = ("jobs",)
    export_fields = "__all__"
    list_before_template = "skeleton/jobs/workers.html"
    list_after_template = "skeleton/jobs/periodic.html"
    list_display = ("title", status_column("status", COLOURS), "since", "due", "tries", "why")
    list_filter = (StateFilter, TaskFilter)
    readonly_fields = (
        "title",
        "task_name",
        "status_shown",
        "since",
        "due",
        "tries",
        "why",
        "failed_at",
        "place",
        "arguments",
        "events",
    )
    fieldsets = (
        (None, {"fields": (("title", "status_shown"), ("since", "due"), ("tries", "task_name"), ("arguments",))}),
        (_("Last failure"), {"fields": (("why",), ("failed_at", "place"))}),
        (_("Events"), {"fields": ("events",)}),
    )
    record_actions = ("run_now", "cancel")
    bulk_actions = ("run_now", "cancel")

    def rows(self, actor: Actor) -> QuerySet[Job]:
        return jobs_with_failures()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Render the list between the number of workers and the table of periodic jobs."""
        around = {"periodic": map(_shown, periodic_jobs()), "workers": live_worker_count()}
        return super().changelist_view(request, {**(extra_context or {}), **around})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Job | None:
        """Return the job by its number or by its id in the audit log."""
        known = parse_uuid(object_id)
        found: Job | None = super().get_object(request, str(known.int) if known else object_id, from_field)
        return found

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        return super().history_view(request, str(job.audit_id) if job else object_id, extra_context)

    # columns

    @display(description=_("job"), ordering="task_name")
    def title(self, job: Job) -> SafeString:
        return format_html('<span title="{}">{}</span>', job.task_name, job)

    @display(description=_("status"))
    def status_shown(self, job: Job) -> SafeString:
        return label(job.status, COLOURS, text=job.get_status_display())

    @display(description=_("since"))
    def since(self, job: _Row) -> str:
        return _moment(job.since)

    @display(description=_("next try"), ordering="scheduled_at")
    def due(self, job: Job) -> str:
        """Return when a waiting job may run."""
        if job.status != JobState.TODO:
            return EMPTY
        at = job.scheduled_at
        return _moment(at) if at and at > timezone.now() else str(_("as soon as possible"))

    @display(description=_("attempts"), ordering="attempts")
    def tries(self, job: Job) -> int:
        return job.attempts

    @display(description=_("reason of the failure"))
    def why(self, job: _Row) -> str:
        return gettext(job.reason) if job.reason else EMPTY

    @display(description=_("failed at"))
    def failed_at(self, job: _Row) -> str:
        return _moment(job.failed_at)

    @display(description=_("where"))
    def place(self, job: _Row) -> str:
        return job.place or EMPTY

    @display(description=_("with"))
    def arguments(self, job: Job) -> str:
        return redact(orjson.dumps(job.args).decode()) if job.args else EMPTY

    @display(description=_("events"))
    def events(self, job: Job) -> SafeString | str:
        found = ProcrastinateEvent.objects.filter(job_id=job.pk).order_by("-id").values_list("at", "type")[:SHOWN]
        lines = ((_moment(at), kind.replace("_", " ")) for at, kind in found)
        rows = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", lines)
        return format_html('<table class="changes">{}</table>', rows) if rows else EMPTY

    # actions

    @admin_action(
        _("Run now"),
        question=_("It will run as soon as a worker is free."),
        shown_if=lambda job: job.status in (JobState.FAILED, JobState.TODO),
        icon="replay",
    )
    def run_now(self, request: HttpRequest, job: Job, form: object) -> Text:
        services.run_job_now(job_id=job.pk, actor=self.actor(request))
        return format_text(_("{job} will run as soon as a worker is free."), job=job)

    @admin_action(
        pgettext_lazy("job", "Cancel"),
        question=_("The job will not run, and its work will not be done."),
        shown_if=lambda job: job.status in (JobState.FAILED, JobState.TODO),
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, job: Job, form: object) -> Text:
        services.cancel_job(job_id=job.pk, actor=self.actor(request))
        return format_text(_("{job} is cancelled."), job=job)


SHOWN = 50
"""Number of events shown on a job's page."""


def _moment(at: dt.datetime | None) -> str:
    return localize(timezone.localtime(at)) if at else EMPTY


def _shown(periodic: PeriodicJob) -> dict[str, object]:
    """Return the template context of a periodic job, with its last state as a label."""
    state = JobState(periodic.state) if periodic.state else None
    return {"job": periodic, "state": label(state, COLOURS, text=state.label) if state else EMPTY}
