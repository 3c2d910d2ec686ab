"""Acts: what a person does to a record besides editing it. A button, a small page that asks, ONE service call.

The page is there for every act, also where there is nothing to ask: a link must not change anything, and a document
that is sent cannot be unsent. It works without JavaScript.
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
from skeleton.office.forms import ActForm
from skeleton.office.refusals import REFUSALS, place, refusal_of

if TYPE_CHECKING:
    from skeleton.office.screens import Screen

TEMPLATE = "skeleton/admin/act.html"

Run = Callable[..., Any]
"""`run(screen, request, record, form)`: calls the service, and says in a sentence what was done."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Make = Callable[..., HttpResponseBase]
"""`make(screen, request, record)`: the answer with a file."""


@dataclass(frozen=True, slots=True)
class Act:
    """`needs`: permissions, any one of which is enough (none: the screen's `write`). `when`: offered for such records.

    `question` is what the page says before; `leaves`: the record is gone afterwards.
    """

    run: Run
    title: Text
    question: Text = ""
    form: type[ActForm] = ActForm
    needs: tuple[str, ...] = ()
    when: Callable[[Any], bool] | None = None
    icon: str | None = None
    variant: ActionVariant = ActionVariant.DEFAULT
    leaves: bool = False

    def fits(self, record: object) -> bool:
        return self.when is None or self.when(record)


def act(title: Text, **described: Any) -> Callable[[Run], Callable[..., HttpResponse]]:
    """Make a method of a screen an act. See `Act` for what can be said of it."""

    def mark(run: Run) -> Callable[..., HttpResponse]:
        made = Act(run, title, **described)

        @wraps(run)
        def view(screen: "Screen", request: HttpRequest, object_id: str) -> HttpResponse:
            return ask_and_do(screen, made, request, object_id)

        return _as_button(view, made)

    return mark


def download(title: Text, **described: Any) -> Callable[[Make], Callable[..., HttpResponseBase]]:
    """Make a method of a screen a button that answers with a file, and changes nothing. See `Act` for the rest."""

    def mark(make: Make) -> Callable[..., HttpResponseBase]:
        @wraps(make)
        def view(screen: "Screen", request: HttpRequest, object_id: str) -> HttpResponseBase:
            if not screen.may_do(request, made):
                raise PermissionDenied
            record = screen.get_object(request, object_id)
            if record is None:
                return screen._get_obj_does_not_exist_redirect(request, screen.opts, object_id)  # type: ignore[no-any-return]
            return make(screen, request, record)

        made = Act(make, title, **described)
        return _as_button(view, made)

    return mark


def _as_button(view: View, made: Act) -> View:
    """What unfold asks of a button."""
    view.act = made  # type: ignore[attr-defined]
    view.short_description = made.title  # type: ignore[attr-defined]
    view.url_path = made.run.__name__.replace("_", "-")  # type: ignore[attr-defined]
    view.icon, view.variant, view.attrs = made.icon, made.variant, {}  # type: ignore[attr-defined]
    return view


def ask_and_do(screen: "Screen", act: Act, request: HttpRequest, object_id: str) -> HttpResponse:
    """The act's page, and what its button does. A refusal is shown on the page, with what was typed still there."""
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


def _context(screen: "Screen", act: Act, request: HttpRequest, record: Model, form: ActForm) -> dict[str, object]:
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


def do_to_many(screen: "Screen", request: HttpRequest, rows: Iterable[Model], *, act: Act) -> None:
    """Do an act that asks for nothing to the selected rows, each by itself: one refusal does not hold up the rest."""
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
    for line in refused[:MOST_TOLD]:
        messages.error(request, line)
    if len(refused) > MOST_TOLD:
        more = gettext("… and {number} more were refused.").format(number=len(refused) - MOST_TOLD)
        messages.error(request, more)


MOST_TOLD = 5
"""How many refusals of a bulk act are told one by one."""
