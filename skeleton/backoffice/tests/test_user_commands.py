"""Django's commands about users do what ours do: roles, checked passwords, ended sessions, the audit log."""

import getpass
import sys

import pytest
from django.core.management import CommandError, call_command

from skeleton.audit.models import AuditEntry
from skeleton.identity.models import Session, User
from skeleton.identity.tests.factories import client_of, user_with

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture
def typed(monkeypatch):
    """Somebody at a terminal, who types these answers."""

    def answers(*texts):
        given = iter(texts)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: next(given))
        monkeypatch.setattr(getpass, "getpass", lambda question: next(given))

    return answers


@pytest.fixture(autouse=True)
def roles(db):
    """The default roles."""
    call_command("seed_roles")


@pytest.fixture
def environment(monkeypatch):
    for name, value in {"EMAIL": "root@example.com", "NAME": "Root", "PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    return monkeypatch


def made():
    user = User.objects.with_email("root@example.com").get()
    assert user.check_password(PASSWORD)
    assert [role.name for role in user.roles.all()] == ["super_admin"]
    assert AuditEntry.objects.filter(resource="users", resource_id=user.pk, action="create").exists()
    return user


def test_a_super_administrator_is_created_without_questions(environment):
    call_command("createsuperuser", "--noinput")
    assert made().name == "Root"


def test_options_come_before_the_environment(environment):
    call_command("createsuperuser", interactive=False, email="root@example.com", name="Given")
    assert made().name == "Given"


def test_a_super_administrator_is_created_at_a_terminal(typed):
    typed("root@example.com", "Root", PASSWORD, PASSWORD)
    call_command("createsuperuser")
    made()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("PASSWORD", "short", "password"), ("PASSWORD", "", "DJANGO_SUPERUSER_PASSWORD"), ("EMAIL", "x", "email"),
     ("NAME", "", "DJANGO_SUPERUSER_NAME"), ("EMAIL", "TAKEN@example.com", "email")],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(environment, name, value, told):
    user_with(email="taken@example.com")
    environment.setenv(f"DJANGO_SUPERUSER_{name}", value)
    with pytest.raises(CommandError, match=told) as refused:
        call_command("createsuperuser", "--noinput")
    assert "\n" not in str(refused.value)
    assert User.objects.count() == 1


def test_nobody_is_asked_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="no terminal"):
        call_command("createsuperuser")
    assert not User.objects.exists()


def test_a_changed_password_ends_all_sessions(typed):
    user = user_with(email="anna@example.com")
    client_of(user)
    typed(PASSWORD, PASSWORD)
    call_command("changepassword", "ANNA@example.com")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not Session.objects.filter(user=user, revoked_at=None).exists()
    assert AuditEntry.objects.filter(resource="users", resource_id=user.pk, action="change_password").exists()


def test_a_password_that_cannot_be_changes_nothing(typed):
    user = user_with(email="anna@example.com")
    typed("short", "short")
    with pytest.raises(CommandError, match="password"):
        call_command("changepassword", user.email)
    typed(PASSWORD, "another")
    with pytest.raises(CommandError, match="differ"):
        call_command("changepassword", user.email)
    with pytest.raises(CommandError, match="no user"):
        call_command("changepassword", "nobody@example.com")
    assert User.objects.get(pk=user.pk).password == user.password
