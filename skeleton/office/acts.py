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

from skeleton.kernel.translation import Text
from skeleton.office.forms import ActionForm
from skeleton.office.refusals import REFUSALS, place, refusal_of

if TYPE_CHECKING:
    from skeleton.office.screens import ReadOnlyAdmin

TEMPLATE = "skeleton/admin/act.html"

Run = Callable[..., Any]
"""`run(screen, request, record, form)`: calls the service and returns a sentence about the result."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Make = Callable[..., HttpResponseBase]
"""`make(screen, request, record)`: returns the response with a file."""


@dataclass(frozen=True, slots=True)
class AdminAction:
    """An action. `needs`: any of these permissions is required (default: the screen's `write`).

    `when` decides for which records it is available. `question` is shown on the confirmation page. `leaves`: the record
    no longer exists afterwards.
    """

    run: Run
    title: Text
    question: Text = ""
    form: type[ActionForm] = ActionForm
    needs: tuple[str, ...] = ()
    when: Callable[[Any], bool] | None = None
    icon: str | None = None
    variant: ActionVariant = ActionVariant.DEFAULT
    leaves: bool = False

    def fits(self, record: object) -> bool:
        return self.when is None or self.when(record)


def act(title: Text, **described: Any) -> Callable[[Run], Callable[..., HttpResponse]]:
    """Turn a method of a screen into an action. See `AdminAction` for the options."""

    def mark(run: Run) -> Callable[..., HttpResponse]:
        made = AdminAction(run, title, **described)

        @wraps(run)
        def view(screen: "ReadOnlyAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
            return action_view(screen, made, request, object_id)

        return _decorate(view, made)

    return mark


def download(title: Text, **described: Any) -> Callable[[Make], Callable[..., HttpResponseBase]]:
    """Turn a method of a screen into a button that returns a file and changes nothing. Options as of `AdminAction`."""

    def mark(make: Make) -> Callable[..., HttpResponseBase]:
        @wraps(make)
        def view(screen: "ReadOnlyAdmin", request: HttpRequest, object_id: str) -> HttpResponseBase:
            if not screen.may_do(request, made):
                raise PermissionDenied
            record = screen.get_object(request, object_id)
            if record is None:
                return screen._get_obj_does_not_exist_redirect(request, screen.opts, object_id)  # type: ignore[no-any-return]
            return make(screen, request, record)

        made = AdminAction(make, title, **described)
        return _decorate(view, made)

    return mark


def _decorate(view: View, made: AdminAction) -> View:
    """Set the attributes that unfold expects of a button."""
    view.act = made  # type: ignore[attr-defined]
    view.short_description = made.title  # type: ignore[attr-defined]
    view.url_path = made.run.__name__.replace("_", "-")  # type: ignore[attr-defined]
    view.icon, view.variant, view.attrs = made.icon, made.variant, {}  # type: ignore[attr-defined]
    return view


def action_view(screen: "ReadOnlyAdmin", act: AdminAction, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the action's page, or run the action. Errors are shown on the page, which keeps the entered values."""
    if not screen.may_do(request, act):
        raise PermissionDenied
    record = screen.get_object(request, object_id)
    if record is None:
        return screen._get_obj_does_not_exist_redirect(request, screen.opts, object_id)  # type: ignore[no-any-return]
    posted = request.method == "POST"
    form = act.form(request.POST if posted else None, record=record, actor=screen.actor(request))
    if posted and form.is_valid():
        try:
            said = act.run(screen, request, record, form)
        except REFUSALS as exc:
            place(form, refusal_of(exc))
        else:
            messages.success(request, said)
            return HttpResponseRedirect(screen.list_page if act.leaves else screen.page_of(record))
    return TemplateResponse(request, TEMPLATE, _context(screen, act, request, record, form))


def _context(
    screen: "ReadOnlyAdmin", act: AdminAction, request: HttpRequest, record: Model, form: ActionForm
) -> dict[str, object]:
    return {
        **screen.admin_site.each_context(request),
        "opts": screen.opts,
        "original": record,
        "title": act.title,
        "subtitle": str(record),
        "act": act,
        "form": form,
        "back": screen.page_of(record),
        "media": screen.media + form.media,
        "danger": act.variant is ActionVariant.DANGER,
    }


def run_bulk_action(screen: "ReadOnlyAdmin", request: HttpRequest, rows: Iterable[Model], *, act: AdminAction) -> None:
    """Run an action without fields on each of the selected rows. An error on one doesn't affect the others."""
    done, refused = 0, []
    for record in rows:
        form = act.form({}, record=record, actor=screen.actor(request))
        form.is_valid()
        try:
            act.run(screen, request, record, form)
            done += 1
        except REFUSALS as exc:
            refused.append(f"{record}: {refusal_of(exc).message}")
    if done:
        messages.success(request, gettext("{act}: done for {number}.").format(act=act.title, number=done))
    for line in refused[:MAX_REPORTED_ERRORS]:
        messages.error(request, line)
    if len(refused) > MAX_REPORTED_ERRORS:
        more = gettext("… and {number} more were refused.").format(number=len(refused) - MAX_REPORTED_ERRORS)
        messages.error(request, more)


MAX_REPORTED_ERRORS = 5
"""The maximum number of errors of a bulk action that are shown individually."""
