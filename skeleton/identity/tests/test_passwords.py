"""Passwords that are refused, in all places where one is set."""

import io
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from skeleton.identity.models import Role, User
from skeleton.identity.services.roles import seed_default_roles
from skeleton.identity.tests.factories import PASSWORD, UserFactory, client_of, user_in_role
from skeleton.testkit.client import ApiClient

pytestmark = pytest.mark.django_db

NAME, EMAIL = "Olena Kovalenko", "olena.kovalenko@lvivtrade.example"
WEAK = {
    "invisible": "\u200b" * 9,
    "seven": "a1!b2?c",
    "common": "password",
    "digits": "12345678",
    "common in capitals": "PASSWORD1",
    "documented": "03041965",
    "a common one in blanks": " 12345678 ",
    "blanks": " " * 12,
    "other blanks": "\u2003" * 12,
    "name": "olenakovalenko",
    "name with a figure": "OlenaKovalenko1",
    "last name": "Kovalenko12",
    "e-mail": EMAIL,
    "domain": "lvivtrade1",
    "too long": "Correct horse battery staple " * 5,
}
GOOD = ["SecurePass123!", "correct horse battery", "ґанок-2026-хмара", "🦊🦊🐙🐙🌻🌻🍇🍇", "x9" * 64, "12 Kyiv 34"]

weak = pytest.mark.parametrize("password", WEAK.values(), ids=WEAK)
good = pytest.mark.parametrize("password", GOOD, ids=lambda text: text[:15])


def registered(password):
    return ApiClient().post("/auth/register", {"email": EMAIL, "password": password, "name": NAME})


class TestRegister:
    @weak
    def test_refuses(self, password):
        error = registered(password).refused(422, "password")
        assert len(error["details"]["password"]) > 15, "in words"
        assert not User.objects.exists()

    @good
    def test_takes(self, password):
        registered(password).ok(201)
        ApiClient().post("/auth/login", {"email": EMAIL, "password": password}).ok()

    def test_nul_is_named(self):
        registered("abc\x00defgh").refused(422, "password")

    def test_what_is_no_text_is_no_json(self):
        body = b'{"email": "a@example.com", "name": "A", "password": "abcdefgh\\ud800"}'
        ApiClient().call("POST", "/auth/register", body).refused(400)

    def test_what_is_too_long_is_not_hashed(self):
        with patch("skeleton.identity.services.accounts.make_password") as hashing:
            registered("Zx" * 65).refused(422, "password")
        hashing.assert_not_called()

    def test_closed_comes_first(self, settings):
        settings.SKELETON_REGISTRATION = "closed"
        error = ApiClient().post("/auth/register", {}).refused(403)
        assert "Registration is closed" in error["message"]


class TestChangePassword:
    @weak
    def test_refuses(self, password):
        client = client_of(UserFactory.create(name=NAME, email=EMAIL))
        body = {"current_password": PASSWORD, "new_password": password}
        client.post("/auth/change-password", body).refused(422, "new_password")

    @good
    def test_takes(self, password):
        client = client_of(UserFactory.create(name=NAME, email=EMAIL))
        client.post("/auth/change-password", {"current_password": PASSWORD, "new_password": password}).ok()

    def test_an_old_one_that_is_too_long_now_still_opens(self):
        user = UserFactory.create(email=EMAIL)
        user.set_password("old " * 50)
        user.save()
        ApiClient().post("/auth/login", {"email": EMAIL, "password": "old " * 50}).ok()
        body = {"current_password": "old " * 50, "new_password": "an even better one"}
        client_of(user).post("/auth/change-password", body).ok()


class TestBackOffice:
    @pytest.fixture
    def browser(self):
        browser = Client()
        browser.force_login(user_in_role("super_admin", name=NAME, email=EMAIL))
        return browser

    @weak
    def test_a_new_user(self, browser, password):
        sent = {"email": "x" + EMAIL, "name": NAME, "language": "en", "password": password}
        page = browser.post("/admin/identity/user/add/", sent)
        assert page.status_code == 200
        assert list(page.context["adminform"].form.errors) == ["password"]

    @weak
    def test_ones_own(self, browser, password):
        sent = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
        page = browser.post("/admin/password_change/", sent)
        assert page.status_code == 200
        assert User.objects.get(email=EMAIL).check_password(PASSWORD)
        assert page.context["form"].errors.keys() <= {"new_password1", "new_password2"}

    def test_it_says_why(self, browser):
        sent = {"old_password": PASSWORD, "new_password1": "password", "new_password2": "password"}
        assert "too common" in browser.post("/admin/password_change/", sent).content.decode()

    @pytest.mark.parametrize("field", ["username", "password"])
    def test_endless_ones_are_not_looked_at(self, field):
        sent = {"username": EMAIL, "password": PASSWORD, field: "x" * 100_000}
        with patch("skeleton.identity.services.sessions.check_password") as hashing:
            assert Client().post("/admin/login/", sent).status_code == 200
        hashing.assert_not_called()


class TestCommands:
    @pytest.fixture(autouse=True)
    def roles(self):
        seed_default_roles()

    def create(self, monkeypatch, password):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
        call_command("createsuperuser", interactive=False, email=EMAIL, name=NAME, stdout=io.StringIO())

    @weak
    def test_createsuperuser_refuses(self, monkeypatch, password):
        with pytest.raises(CommandError):
            self.create(monkeypatch, password)
        assert not User.objects.exists()

    def test_createsuperuser_refuses_what_is_no_text(self, monkeypatch):
        with pytest.raises(CommandError, match="cannot be typed"):
            self.create(monkeypatch, "abcdefgh\udcff")

    def test_createsuperuser(self, monkeypatch):
        self.create(monkeypatch, PASSWORD)
        token = ApiClient().post("/auth/login", {"email": EMAIL, "password": PASSWORD}).ok()["access_token"]
        assert ApiClient(token).get("/auth/me").ok()["permissions"] == ["*:*"]
        with pytest.raises(CommandError):
            self.create(monkeypatch, PASSWORD)

    def test_createsuperuser_needs_a_password(self):
        with pytest.raises(CommandError):
            call_command("createsuperuser", interactive=False, email=EMAIL, name=NAME)

    @weak
    def test_changepassword_refuses(self, password):
        UserFactory.create(email=EMAIL, name=NAME)
        with patch("getpass.getpass", return_value=password), pytest.raises(CommandError):
            call_command("changepassword", EMAIL, stdout=io.StringIO(), stderr=io.StringIO())
        assert User.objects.get().check_password(PASSWORD)

    @pytest.mark.parametrize("password", [text for kind, text in WEAK.items() if "name" not in kind], ids=str)
    def test_the_first_administrator_of_the_settings(self, settings, password):
        settings.SKELETON_ADMIN_EMAIL, settings.SKELETON_ADMIN_PASSWORD = EMAIL, password
        with pytest.raises(CommandError) as refused:
            call_command("seed_admin")
        assert str(refused.value).startswith("SKELETON_ADMIN_PASSWORD: ")
        assert "\n" not in str(refused.value)
        assert not User.objects.exists()

    def test_the_documented_one_is_there_in_zero_configuration(self, settings):
        settings.SKELETON_ADMIN_EMAIL = settings.SKELETON_ADMIN_PASSWORD = ""
        settings.ZERO_CONFIGURATION = True
        call_command("seed_admin", stdout=io.StringIO())
        ApiClient().post("/auth/login", {"email": "admin@skeleton.local", "password": "03041965"}).ok()

    def test_without_one_the_start_says_what_to_set(self, settings):
        settings.SKELETON_ADMIN_EMAIL = settings.SKELETON_ADMIN_PASSWORD = ""
        settings.ZERO_CONFIGURATION = False
        with pytest.raises(CommandError, match="SKELETON_ADMIN_EMAIL"):
            call_command("seed_admin")


def test_createsuperuser_needs_roles(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="seed_roles"):
        call_command("createsuperuser", interactive=False, email=EMAIL, name=NAME)
    assert not Role.objects.exists()
