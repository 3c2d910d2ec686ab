"""The back office: one admin site, for everybody who holds a role, of which each sees what their roles let them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from skeleton.backoffice import devices, languages, search
from skeleton.backoffice.dashboard import dashboard
from skeleton.backoffice.desk import CURRENCY
from skeleton.backoffice.forms import OwnPasswordForm, SignInForm
from skeleton.backoffice.navigation import sections_for
from skeleton.identity.models import User
from skeleton.identity.queries import actor_of_user, holds_a_role
from skeleton.identity.services import sessions
from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_request
from skeleton.kernel.errors import DomainError
from skeleton.office import pages
from skeleton.office.parameters import refusing, searched, takes
from skeleton.office.screens import Screen


class BackOffice(UnfoldAdminSite):
    login_form = SignInForm
    index_title = _("Overview")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Our own screens only: Django's groups and the like know nothing of roles."""
        if admin_class is not None and issubclass(admin_class, Screen):
            super().register(model_or_iterable, admin_class, **options)

    # who

    def actor_of(self, request: HttpRequest) -> Actor | None:
        """Who asks, with what they may do at this moment; None for anybody who may not be here. Read once a request."""
        if not hasattr(request, "_actor"):
            request._actor = self._find_actor(request)  # type: ignore[attr-defined]
        found: Actor | None = request._actor  # type: ignore[attr-defined]
        return found

    @staticmethod
    def _find_actor(request: HttpRequest) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        actor = actor_of_user(request.user.pk)
        if actor is None or not (actor.permissions or holds_a_role(request.user.pk)):
            return None
        context = current_request.get()
        if context:
            context.user_id = str(actor.id)
        return actor

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff is whoever is active and holds a role."""
        return self.actor_of(request) is not None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The sign-in page. Whoever signed in is known again, by browser and by network."""
        answer: HttpResponse = super().login(request, extra_context)
        if request.method == "POST" and isinstance(answer, HttpResponseRedirect) and isinstance(request.user, User):
            sessions.remember_network(user=request.user)
            devices.mark(answer, request.user)
        return _with_status(answer)

    # pages

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's wrapper; the view inside refuses the query parameters that it does not declare."""
        return super().admin_view(refusing(view), cacheable)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Closed: fields are chosen with `Screen.pick`, which asks the screen for its rows."""
        raise Http404

    def get_urls(self) -> list[Any]:
        """The pages' addresses, before those of the screens."""
        own = [pattern for page in pages.registered().values() for pattern in page.urls(self.admin_view)]
        # whoever is to sign in may choose a language, too
        return [path("language/", require_POST(self.language), name="language"), *own, *super().get_urls()]

    def language(self, request: HttpRequest) -> HttpResponse:
        """Take the language that a person chose."""
        return languages.choose(request, self.actor_of(request))

    @takes("s", "part")
    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What the field at the top finds: a part of a page for its script, a page for whoever has none."""
        text = searched("s", request.GET.get("s", ""))
        found = {"groups": search.find(request, text), "text": text.strip(), "shortest": search.SHORTEST}
        if "part" in request.GET:
            return TemplateResponse(request, "backoffice/search_results.html", found)
        context = {**self.each_context(request), "title": gettext("Search"), **found}
        return TemplateResponse(request, "backoffice/search.html", context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        actor = self.actor_of(request)
        shows_audit = actor is not None and actor.can("audit:read")
        return {**super().each_context(request), "show_history": shows_audit}

    @takes(CURRENCY)
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        actor = self.actor_of(request)
        found = dashboard(request, actor) if actor else {}
        context = {"sections": sections_for(request), **found, **(extra_context or {})}
        return super().index(request, context)  # type: ignore[no-any-return]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One's own password, by the service that the API uses."""
        view = OwnPasswordForm.view(
            actor=self.actor_of(request),
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return _with_status(view(request))


def _with_status(answer: HttpResponse) -> HttpResponse:
    """A page whose form was refused by a limit answers 429, as the API does."""
    form = (answer.context_data or {}).get("form") if isinstance(answer, TemplateResponse) else None
    refusal: DomainError | None = getattr(form, "refusal", None)
    if refusal and refusal.retry_after is not None:
        answer.status_code = refusal.status
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer
