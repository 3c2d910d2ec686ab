"""The settings that users choose on the pages themselves: language and format of CSV files.

The language is the user's own when signed in, otherwise it comes from a cookie or the browser.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from skeleton.identity.choices import Language
from skeleton.identity.services import accounts
from skeleton.kernel.actors import Actor
from skeleton.office.csv_formats import CsvFormat

CHOSEN = "chosen_language"
"""The session's key for a language that was chosen before the sign-in. (The cookie may be somebody else's.)"""

A_YEAR = 365 * 24 * 3600


def set_language(request: HttpRequest, actor: Actor | None) -> HttpResponse:
    """Save the posted language, and redirect to the page it was chosen on."""
    chosen = request.POST.get("language")
    answer = HttpResponseRedirect(_page_chosen_on(request))
    if chosen in Language.values:
        _set_cookie(answer, chosen)
        if actor is None:
            request.session[CHOSEN] = chosen
        else:
            _save(chosen, actor)
    return answer


def set_csv_format(request: HttpRequest, actor: Actor | None) -> HttpResponse:
    """Save the posted format of CSV files, and redirect to the page it was chosen on."""
    chosen = request.POST.get("csv_format")
    if actor is not None and chosen in CsvFormat.values:
        accounts.update_user(user_id=actor.user_id, values={"csv_format": chosen}, actor=actor)
    return HttpResponseRedirect(_page_chosen_on(request))


def _page_chosen_on(request: HttpRequest) -> str:
    """Return the address of the page that a setting was posted on, or that of the start page."""
    back = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if is_own else reverse("admin:index")


def keep_choice(request: HttpRequest, actor: Actor | None) -> None:
    """Save the language that the user has chosen on the sign-in page."""
    chosen = request.session.pop(CHOSEN, None)
    if chosen and actor is not None:
        _save(chosen, actor)


def _save(language: str, actor: Actor) -> None:
    accounts.update_user(user_id=actor.user_id, values={"language": language}, actor=actor)


def _set_cookie(answer: HttpResponse, language: str) -> None:
    """Store the language in a cookie as well, for the sign-in page."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=A_YEAR,
        path=reverse("admin:index"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
