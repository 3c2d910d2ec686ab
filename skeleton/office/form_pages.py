"""Pages of the back office with a form that calls one service, and that don't belong to a record."""

from typing import ClassVar

from django import forms
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text
from skeleton.office.actions import TEMPLATE, ActionResult
from skeleton.office.form_errors import EXPECTED_ERRORS, add_to_form, domain_error_of
from skeleton.office.forms import ActionForm
from skeleton.office.pages import Page


class FormPage(Page):
    """A page with a form. It requires `<resource>:write` for any of its `resources`."""

    permission = "write"
    methods = ("GET", "HEAD", "POST")
    form: ClassVar[type[ActionForm]]
    question: ClassVar[Text] = ""
    """An explanation above the form."""
    button: ClassVar[Text] = ""

    def submit(self, form: ActionForm, actor: Actor) -> ActionResult:
        """Call the service, and return what was done and the page to show next."""
        raise NotImplementedError

    def render(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form, or call the service. Errors are shown in the form, which keeps the entered values."""
        posted = request.method == "POST"
        form = self.form(request.POST if posted else None, record=None, actor=self.actor(request))
        if posted and form.is_valid():
            try:
                result = self.submit(form, self.actor(request))
                connection.check_constraints()  # the deferred ones, while the form can still show the errors
            except EXPECTED_ERRORS as exc:
                add_to_form(form, domain_error_of(exc))
            else:
                messages.success(request, result.message)
                return HttpResponseRedirect(result.address)
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: ActionForm) -> TemplateResponse:
        context = {
            **self.context(request),
            "question": self.question,
            "button": self.button or self.title,
            "form": form,
            "back": reverse("admin:index"),
            "media": forms.Media(js=["admin/js/core.js"]) + form.media,  # Django's calendar needs it
        }
        return TemplateResponse(request, TEMPLATE, context)
