"""The forms for signing in and changing one's own password."""

from typing import Any

from django import forms
from django.contrib.auth.views import PasswordChangeView
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from skeleton.backoffice import devices
from skeleton.identity.models import User
from skeleton.identity.queries import has_role
from skeleton.identity.serializers import PASSWORD_MAX
from skeleton.identity.services import accounts, sessions
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import DomainError
from skeleton.office.form_errors import EXPECTED_ERRORS, add_to_form, domain_error_of


class SignInForm(AuthenticationForm):
    """The sign-in form, with the rate limits and errors of the API."""

    domain_error: DomainError | None = None
    username = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "class": " ".join(BASE_INPUT_CLASSES)}),
    )

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            try:
                mark = devices.read_device_cookie(self.request) if self.request else ""
                self.user_cache = sessions.authenticate(email=email, password=password, mark=mark)
            except DomainError as error:
                self.domain_error = error
                raise forms.ValidationError(str(error.message), code=error.code) from error
            self.confirm_login_allowed(self.user_cache)
        return dict(self.cleaned_data)

    def confirm_login_allowed(self, user: User) -> None:
        if not has_role(user.pk):
            raise forms.ValidationError(_("Your account has no role yet, so there is nothing here for you to see."))


class PasswordChangeForm(AdminOwnPasswordChangeForm):
    """Django's password form, but the service `accounts.change_password` checks and saves."""

    actor: Actor | None = None
    domain_error: DomainError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].validators.append(MaxLengthValidator(PASSWORD_MAX))

    def clean_old_password(self) -> str:
        """Skip Django's check, because the service checks the password and counts failures."""
        given: str = self.cleaned_data["old_password"]
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if self.errors or self.actor is None:
            return cleaned
        try:
            accounts.change_password(
                actor=self.actor,
                current_password=cleaned["old_password"],
                new_password=cleaned["new_password1"],
            )
        except EXPECTED_ERRORS as exc:
            self.domain_error = domain_error_of(exc)
            if not self.domain_error.details:  # show the error at a field
                self.domain_error.details = {"current_password": self.domain_error.message}
            add_to_form(self, self.domain_error, {"current_password": "old_password", "new_password": "new_password1"})
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Reload the user, which the service has saved, so that the page uses their new session hash."""
        self.user.refresh_from_db()
        return self.user

    @classmethod
    def view(cls, *, actor: Actor | None, success_url: str, extra_context: dict[str, Any]) -> Any:
        """Return Django's view with this form."""
        form = type(cls.__name__, (cls,), {"actor": actor})
        return PasswordChangeView.as_view(
            form_class=form,
            success_url=success_url,
            extra_context=extra_context,
            template_name="registration/password_change_form.html",
        )
