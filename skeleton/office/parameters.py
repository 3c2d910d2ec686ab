"""Query parameters of the back office. A page accepts those that it declares; everything else is refused with 400.

A view declares its parameters with `accepts_parameters`, or declares with `validates_parameters` that it checks them
itself. A view without a declaration accepts none. An override inherits the declaration of the method it overrides.
"""

from collections.abc import Callable, Collection
from functools import wraps
from typing import TypeVar

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.translation import Text

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

SEARCH_PARAMETERS = ("s", "term")
"""Parameters of search fields, whose views drop characters that no text can contain."""

AUTOCOMPLETE_PARAMETERS = ("term", "q", "_type", "page", "app_label", "model_name", "field_name")
"""Parameters that Select2 and Django's script send to the view of an autocomplete field."""

CHANGELIST_FILTERS = "_changelist_filters"
"""The filters of the list from which a page was opened. Django passes them on to return there."""

MAX_LENGTH = 2_000
"""Maximum number of characters of a value."""

MAX_SEARCH_LENGTH = 200
"""Maximum number of characters of a search text."""

MAX_PAGE = 999_999

UNKNOWN = _("This page has no such parameter. Remove it from the address.")
REPEATED = _("Give this parameter only once.")
FORBIDDEN = _("This value contains a character that is not allowed.")
TOO_LONG = _("This value is too long.")
NOT_A_CHOICE = _("This is not one of the values to choose from.")
UNREADABLE = _("This value cannot be read. Correct it, or choose it on the page.")
NOT_A_DATE = _("Enter a valid date, for example 2026-01-31.")
NOT_A_TIME = _("Enter a valid time, for example 09:30.")
NOT_A_PAGE = _("Enter a page number, 1 or higher.")
NOT_A_COLUMN = _("The list cannot be sorted by this column.")


class BadParameter(BadRequest):
    """A query parameter that a page does not accept, or whose value is invalid. The response is 400."""

    def __init__(self, name: str, reason: Text) -> None:
        self.text = f"{name[:100]}: {reason}"
        super().__init__(self.text)


def accepts_parameters(*names: str) -> Callable[[View], View]:
    """Declare the query parameters that a view accepts."""

    def declare(view: View) -> View:
        view.accepts_parameters = names  # type: ignore[attr-defined]
        return view

    return declare


def validates_parameters(view: View) -> View:
    """Declare that a view refuses unknown parameters itself."""
    view.accepts_parameters = None  # type: ignore[attr-defined]
    return view


def reject_undeclared(view: Callable[..., object]) -> Callable[..., object]:
    """Wrap a view so that it refuses the parameters that it does not declare."""
    names = _declared(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> object:
        check_well_formed(request)
        if names is not None:
            check_known(request, names)
        return view(request, *args, **kwargs)

    return checked


def _declared(view: object) -> Collection[str] | None:
    """Return the names that a view, or a method that it overrides, declares. None: it checks them itself."""
    owner, name = getattr(view, "__self__", None), getattr(view, "__name__", "")
    candidates = [view, *(vars(parent).get(name) for parent in type(owner).__mro__)]
    return next((found.accepts_parameters for found in candidates if hasattr(found, "accepts_parameters")), ())


def check_known(request: HttpRequest, names: Collection[str]) -> None:
    """Raise BadParameter for a parameter that is not among `names`."""
    for name in request.GET:
        if name not in names:
            raise BadParameter(name, UNKNOWN)


def check_well_formed(request: HttpRequest) -> None:
    """Raise BadParameter for values that no page can use.

    A repeated parameter is refused unless all of its values but one are empty, since the filter form of a list repeats
    the parameters of its filters like this.
    """
    for name, values in request.GET.lists():
        texts = [str(value) for value in values]
        if "\x00" in name or (name not in SEARCH_PARAMETERS and any("\x00" in text for text in texts)):
            raise BadParameter(name.replace("\x00", ""), FORBIDDEN)
        if any(len(text) > MAX_LENGTH for text in texts):
            raise BadParameter(name, TOO_LONG)
        if sum(map(bool, texts)) > 1:
            raise BadParameter(name, REPEATED)


def check_not_repeated(request: HttpRequest, names: Collection[str]) -> None:
    """Raise BadParameter if one of `names` is repeated."""
    for name in names:
        if len(request.GET.getlist(name)) > 1:
            raise BadParameter(name, REPEATED)


def page_number(request: HttpRequest, name: str) -> int:
    """Return the requested page number, by default 1. Raises BadParameter."""
    text = str(request.GET.get(name) or "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PAGE)) else 0
    if number < 1:
        raise BadParameter(name, NOT_A_PAGE)
    return number


def clean_search_text(name: str, text: str) -> str:
    """Return a search text without characters that no text can contain. Raises BadParameter if it is too long."""
    if len(text) > MAX_SEARCH_LENGTH:
        raise BadParameter(name, TOO_LONG)
    return text.replace("\x00", "")
