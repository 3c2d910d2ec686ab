"""Actions on a record other than editing: a button, a confirmation page and ONE service call.

Every action has such a page, even without fields, because a link must not change anything, and some actions can't be
undone. It works without JavaScript.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from unfold.enums import ActionVariant

from skeleton.kernel.errors import Conflict, Forbidden
from skeleton.kernel.translation import Text
from skeleton.office.form_errors import EXPECTED_ERRORS, add_to_form, domain_error_of, field_messages
from skeleton.office.forms import ActionForm

if TYPE_CHECKING:
    from skeleton.office.admins import ReadOnlyAdmin

TEMPLATE = "skeleton/admin/action.html"

ActionFunction = Callable[..., object]
"""`run(screen, request, record, form)`: calls the service; returns a sentence about the result or an `ActionResult`."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
DownloadFunction = Callable[..., HttpResponseBase]
"""`make(screen, request, record)`: returns the response with a file."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """A sentence about the result of an action, and the page to show next, such as that of a new record."""

    message: Text
    address: str


@dataclass(frozen=True, slots=True)
class AdminAction:
    """An action on a record.

    `permissions`: any one of these is required, instead of the screen's permission to change. `condition` decides for
    which records the action is available: for others, it has no button and is refused. `shown_if` only decides for
    which records it has a button: the service refuses the others, and says why. `question` is shown on the
    confirmation page. `deletes_record`: the record no longer exists afterwards, so the user returns to the list.
    `changes_record` is False for a download.
    """

    run: ActionFunction
    title: Text
    question: Text = ""
    form: type[ActionForm] = ActionForm
    permissions: tuple[str, ...] = ()
    condition: Callable[[Any], bool] | None = None
    shown_if: Callable[[Any], bool] | None = None
    icon: str | None = None
    variant: ActionVariant = ActionVariant.DEFAULT
    deletes_record: bool = False
    changes_record: bool = True

    def is_available_for(self, record: object) -> bool:
        return self.condition is None or self.condition(record)

    def is_shown_for(self, record: object) -> bool:
        return self.is_available_for(record) and (self.shown_if is None or self.shown_if(record))


def admin_action(title: Text, **options: Any) -> Callable[[ActionFunction], Callable[..., HttpResponse]]:
    """Turn a method of a screen into an action. See `AdminAction` for the options."""

    def decorate(run: ActionFunction) -> Callable[..., HttpResponse]:
        action = AdminAction(run, title, **options)

        @wraps(run)
        def view(screen: "ReadOnlyAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
            return action_view(screen, action, request, object_id)

        return _decorate(view, action)

    return decorate


def download(title: Text, **options: Any) -> Callable[[DownloadFunction], Callable[..., HttpResponseBase]]:
    """Turn a method of a screen into a button that returns a file and changes nothing. Options as of `AdminAction`.

    If the file can't be made, the record's page says why.
    """

    def decorate(make: DownloadFunction) -> Callable[..., HttpResponseBase]:
        @wraps(make)
        def view(screen: "ReadOnlyAdmin", request: HttpRequest, object_id: str) -> HttpResponseBase:
            record = _record_for(screen, action, request, object_id)
            if record is None:
                return screen._get_obj_does_not_exist_redirect(request, screen.opts, object_id)  # type: ignore[no-any-return]
            if not action.is_available_for(record):
                messages.error(request, Conflict.default_message)
                return HttpResponseRedirect(screen.change_url(record))
            try:
                return make(screen, request, record)
            except EXPECTED_ERRORS as exc:
                error = domain_error_of(exc)
                for told in (error.message, *(text for _, text in field_messages(error))):
                    messages.error(request, str(told))
                return HttpResponseRedirect(screen.change_url(record))

        action = AdminAction(make, title, changes_record=False, **options)
        return _decorate(view, action)

    return decorate


def _decorate(view: View, action: AdminAction) -> View:
    """Set the attributes that unfold expects of a button."""
    view.admin_action = action  # type: ignore[attr-defined]
    view.short_description = action.title  # type: ignore[attr-defined]
    view.url_path = action.run.__name__.replace("_", "-")  # type: ignore[attr-defined]
    view.icon, view.variant, view.attrs = action.icon, action.variant, {}  # type: ignore[attr-defined]
    return view


def action_view(screen: "ReadOnlyAdmin", action: AdminAction, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the action's page, or run the action. Errors are shown on the page, which keeps the entered values."""
    record = _record_for(screen, action, request, object_id)
    if record is None:
        return screen._get_obj_does_not_exist_redirect(request, screen.opts, object_id)  # type: ignore[no-any-return]
    posted = request.method == "POST"
    data, files = (request.POST, request.FILES) if posted else (None, None)
    form = action.form(data, files, record=record, actor=screen.actor(request))
    if posted and form.is_valid():
        try:
            said = _run(screen, action, request, record, form)
        except EXPECTED_ERRORS as exc:
            add_to_form(form, domain_error_of(exc))
        else:
            default = screen.changelist_url if action.deletes_record else screen.change_url(record)
            result = said if isinstance(said, ActionResult) else ActionResult(said, default)
            messages.success(request, result.message)
            return HttpResponseRedirect(result.address)
    return form_response(
        screen,
        request,
        form,
        title=action.title,
        record=record,
        question=action.question,
        danger=action.variant is ActionVariant.DANGER,
    )


def _run(screen: "ReadOnlyAdmin", action: AdminAction, request: HttpRequest, record: Model, form: ActionForm) -> Any:
    """Run the action. Raises Conflict if it isn't available for the record, as on a page that is out of date."""
    if not action.is_available_for(record):
        raise Conflict
    return action.run(screen, request, record, form)


def _record_for(screen: "ReadOnlyAdmin", action: AdminAction, request: HttpRequest, object_id: str) -> Model | None:
    """Return the record, or None if it doesn't exist. Raises PermissionDenied if the actor may not run the action."""
    if not screen.can_run(request, action):
        raise PermissionDenied
    record: Model | None = screen.get_object(request, object_id)
    if record is not None and not screen.can_run(request, action, record):
        raise PermissionDenied
    return record


def form_response(
    screen: "ReadOnlyAdmin",
    request: HttpRequest,
    form: ActionForm,
    *,
    title: Text,
    record: Model | None = None,
    question: Text = "",
    button: Text = "",
    danger: bool = False,
) -> TemplateResponse:
    """Return the page of an action's form. Without a `record`, it belongs to the list. `button` defaults to `title`."""
    context = {
        **screen.admin_site.each_context(request),
        "opts": screen.opts,
        "original": record,
        "title": title,
        "subtitle": str(record or ""),
        "question": question,
        "button": button or title,
        "form": form,
        "back": screen.change_url(record) if record else screen.changelist_url,
        "media": screen.media + form.media,
        "danger": danger,
    }
    return TemplateResponse(request, TEMPLATE, context)


def run_bulk_action(
    screen: "ReadOnlyAdmin", request: HttpRequest, rows: Iterable[Model], *, action: AdminAction
) -> None:
    """Run an action without fields on each of the selected rows. An error on one doesn't affect the others."""
    done, refused = 0, []
    for record in rows:
        form = action.form({}, record=record, actor=screen.actor(request))
        form.is_valid()
        try:
            if not screen.can_run(request, action, record):
                raise Forbidden
            _run(screen, action, request, record, form)
            done += 1
        except EXPECTED_ERRORS as exc:
            refused.append(f"{record}: {domain_error_of(exc).message}")
    if done:
        messages.success(request, gettext("{action}: done for {number}.").format(action=action.title, number=done))
    for line in refused[:MAX_REPORTED_ERRORS]:
        messages.error(request, line)
    if len(refused) > MAX_REPORTED_ERRORS:
        more = gettext("… and {number} more were refused.").format(number=len(refused) - MAX_REPORTED_ERRORS)
        messages.error(request, more)


MAX_REPORTED_ERRORS = 5
"""The maximum number of errors of a bulk action that are shown individually."""
