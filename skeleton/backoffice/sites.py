"""The back office: an admin site for all users with a role. Each sees what their roles allow."""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from skeleton.backoffice import devices, languages, search
from skeleton.backoffice.dashboard import dashboard
from skeleton.backoffice.dashboard_data import CURRENCY
from skeleton.backoffice.forms import PasswordChangeForm, SignInForm
from skeleton.backoffice.navigation import sections_for
from skeleton.identity.models import User
from skeleton.identity.queries import actor_by_user, has_role
from skeleton.identity.services import sessions
from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_request
from skeleton.kernel.errors import DomainError
from skeleton.office import pages
from skeleton.office.admins import ReadOnlyAdmin
from skeleton.office.columns import EMPTY
from skeleton.office.numbers import describe_amount
from skeleton.office.parameters import accepts_parameters, clean_search_text, reject_undeclared


class BackOffice(UnfoldAdminSite):
    login_form = SignInForm
    index_title = _("Overview")
    enable_nav_sidebar = True
    empty_value_display = EMPTY

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register an admin class of ours. Those of other packages are left out, because they ignore our roles.

        Raises ImproperlyConfigured for any other admin class of this project: nobody would be allowed to see it.
        """
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)
        elif admin_class is None or not is_installed_package(admin_class):
            name = admin_class.__name__ if admin_class else "ModelAdmin"
            raise ImproperlyConfigured(f"{name} must subclass a base of skeleton.office to be registered here.")

    # who

    def actor_of(self, request: HttpRequest) -> Actor | None:
        """Return the user with their current permissions, or None if they may not enter. Cached per request."""
        if not hasattr(request, "_actor"):
            request._actor = self._find_actor(request)  # type: ignore[attr-defined]
        found: Actor | None = request._actor  # type: ignore[attr-defined]
        return found

    @staticmethod
    def _find_actor(request: HttpRequest) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        actor = actor_by_user(request.user.pk)
        if actor is None or not (actor.permissions or has_role(request.user.pk)):
            return None
        context = current_request.get()
        if context:
            context.user_id = str(actor.id)
        return actor

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the user is active and has a role."""
        return self.actor_of(request) is not None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the sign-in page. After a sign-in, remember the browser and the network as known devices."""
        answer: HttpResponse = super().login(request, extra_context)
        if request.method == "POST" and isinstance(answer, HttpResponseRedirect) and isinstance(request.user, User):
            sessions.add_known_network(user=request.user)
            devices.set_device_cookie(answer, request.user)
            languages.keep_choice(request, self._find_actor(request))
        return _with_status(answer)

    # pages

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view as Django does, and make it refuse query parameters that it does not declare."""
        return super().admin_view(reject_undeclared(view), cacheable)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Disable Django's view: fields use `ReadOnlyAdmin.autocomplete_view`, which applies row-level access."""
        raise Http404

    def get_urls(self) -> list[Any]:
        """Return the URLs of the pages, followed by those of the admins."""
        own = [pattern for page in pages.registered().values() for pattern in page.urls(self.admin_view)]
        # The language can be chosen before signing in, so this view is not wrapped.
        chosen = path("language/", require_POST(self.language), name="language")
        understood = path("understood/", self.admin_view(self.understood), name="understood")
        csv_format = path("csv-format/", self.admin_view(require_POST(self.csv_format)), name="csv_format")
        return [chosen, understood, csv_format, *own, *super().get_urls()]

    def language(self, request: HttpRequest) -> HttpResponse:
        """Save the language that the user chose."""
        return languages.set_language(request, self.actor_of(request))

    def csv_format(self, request: HttpRequest) -> HttpResponse:
        """Save the format of CSV files that the user chose."""
        return languages.set_csv_format(request, self.actor_of(request))

    @accepts_parameters("text", "currency", "language")
    def understood(self, request: HttpRequest) -> HttpResponse:
        """Return how an amount that is being typed is understood, or why it isn't, for the script below its field."""
        given = request.GET.get
        told = describe_amount(given("text", ""), given("currency", ""), given("language", ""))
        return HttpResponse(told, content_type="text/plain; charset=utf-8")

    @accepts_parameters("s", "part")
    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the search results: a fragment for the script, or a whole page without JavaScript."""
        text = clean_search_text("s", request.GET.get("s", ""))
        found = {"groups": search.find(request, text), "text": text.strip(), "shortest": search.MIN_LENGTH}
        if "part" in request.GET:
            return TemplateResponse(request, "backoffice/search_results.html", found)
        context = {**self.each_context(request), "title": gettext("Search"), **found}
        return TemplateResponse(request, "backoffice/search.html", context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        actor = self.actor_of(request)
        shows_audit = actor is not None and actor.can("audit:read")
        return {**super().each_context(request), "show_history": shows_audit}

    @accepts_parameters(CURRENCY)
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        actor = self.actor_of(request)
        found = dashboard(request, actor) if actor else {}
        context = {"sections": sections_for(request), **found, **(extra_context or {})}
        return super().index(request, context)  # type: ignore[no-any-return]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Change the user's own password, with the service that the API uses."""
        view = PasswordChangeForm.view(
            actor=self.actor_of(request),
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return _with_status(view(request))


def is_installed_package(admin_class: type) -> bool:
    """Return whether a class comes from a package that was installed, and not from this project."""
    source = sys.modules[admin_class.__module__].__file__ or ""
    return "site-packages" in Path(source).parts


def _with_status(answer: HttpResponse) -> HttpResponse:
    """Set the status 429 if a rate limit refused the form, as in the API."""
    form = (answer.context_data or {}).get("form") if isinstance(answer, TemplateResponse) else None
    domain_error: DomainError | None = getattr(form, "domain_error", None)
    if domain_error and domain_error.retry_after is not None:
        answer.status_code = domain_error.status
        answer.headers["Retry-After"] = str(domain_error.retry_after)
    return answer
