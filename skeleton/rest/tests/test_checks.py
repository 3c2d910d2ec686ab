"""System checks that prevent a start."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Lower
from django.http import HttpResponse
from django.urls import include, path
from rest_framework import serializers

from skeleton.identity.checks import check_permissions_exist
from skeleton.identity.models import User
from skeleton.rest.actions import action
from skeleton.rest.checks import check_hooks, check_lists, check_routes
from skeleton.rest.fields import TextField, UUIDField
from skeleton.rest.permissions import SIGNED_IN, HasPermission
from skeleton.rest.routing import ApiRouter
from skeleton.rest.serializers import Serializer
from skeleton.rest.setting_checks import check_settings
from skeleton.rest.viewsets import ApiViewSet, ReadOnlyModelViewSet

PRODUCTION = {
    "HOST": "0.0.0.0",
    "SKELETON_ALLOWED_HOSTS": "crm.example.com",
    "SKELETON_SECRET_KEY": "0123456789abcdefghij" * 2,
}


@pytest.fixture
def urls(settings):
    """Serves these patterns under /api/v1, and nothing else."""

    def serve(*patterns):
        settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [path("api/v1/", include(list(patterns)))]})

    return serve


def routes(prefix, viewset):
    router = ApiRouter()
    router.register(prefix, viewset)
    return router.urls


class UserLikeSerializer(Serializer):
    id = UUIDField()
    name = TextField()


class GoodViewSet(ReadOnlyModelViewSet):
    permission_classes = [HasPermission("users")]
    serializer_class: type[Serializer] = UserLikeSerializer

    def get_queryset(self):
        return User.objects.visible_to(self.actor)


def test_the_project_itself_is_good():
    assert check_routes(None) == check_lists(None) == check_hooks(None) == check_permissions_exist(None) == []


def test_a_good_viewset_passes(urls):
    urls(*routes("things", GoodViewSet))
    assert check_routes(None) == check_lists(None) == check_hooks(None) == check_permissions_exist(None) == []


def test_a_handler_without_a_description_is_refused(urls):
    class ViewSet(ApiViewSet):
        def get_it(self, request):
            return HttpResponse()

    urls(path("things", ViewSet.as_view({"get": "get_it"})))
    (problem,) = check_routes(None)
    assert "has no description" in problem.msg


@pytest.mark.parametrize("declared", [(), (HasPermission(),), ApiViewSet.permission_classes])
def test_a_route_without_a_permission_is_refused(urls, declared):
    class ViewSet(GoodViewSet):
        permission_classes = declared

    urls(*routes("things", ViewSet))
    assert {problem.id for problem in check_routes(None)} == {"skeleton.E002"}


def test_a_plain_django_view_under_the_api_is_refused(urls):
    urls(path("things", lambda request: HttpResponse()))
    assert [problem.id for problem in check_routes(None)] == ["skeleton.E001"]


def test_a_permission_that_nobody_can_hold_is_refused(urls):
    class ViewSet(ApiViewSet):
        permission_classes = (HasPermission(),)

        @action(detail=False, permission="unicorns:read", summary="Look", output=None)
        def look(self, request):
            return HttpResponse()

    urls(*routes("unicorns", ViewSet))
    (problem,) = check_permissions_exist(None)
    assert "unicorns:read" in problem.msg


def test_a_serializer_that_cannot_be_compiled_is_refused(urls):
    class OddField(serializers.Field[Any, Any, Any, Any]):
        pass

    class Strange(Serializer):
        odd = OddField()

    class ViewSet(ApiViewSet):
        permission_classes = (HasPermission(SIGNED_IN),)

        @action(detail=False, summary="Look", output=Strange)
        def look(self, request):
            return HttpResponse()

    urls(*routes("things", ViewSet))
    assert [problem.id for problem in check_routes(None)] == ["skeleton.E003"]


def test_a_serializer_with_a_column_that_is_not_there_is_refused(urls):
    class Misspelt(Serializer):
        nmae = TextField()

    class ViewSet(GoodViewSet):
        serializer_class = Misspelt

    urls(*routes("things", ViewSet))
    (problem,) = check_lists(None)
    assert "nmae" in problem.msg


@pytest.mark.parametrize(
    "key, good",
    [
        ("name", True),
        (F("created_at"), True),
        (Lower("email"), True),
        ("last_login", False),
        (F("last_login"), False),
        (Lower("last_login"), False),
        (Coalesce("last_login", "created_at"), True),
        (Coalesce("name", Value("")), True),
        (Coalesce("created_at", "last_login"), False),
        ("held_roles__role__name", False),
        ("nowhere", False),
    ],
)
def test_a_list_is_not_sorted_by_what_may_be_null(urls, key, good):
    class ViewSet(GoodViewSet):
        ordering_fields = {"key": key}

    urls(*routes("things", ViewSet))
    assert (check_lists(None) == []) == good


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("PORT", 0, "PORT"),
        ("PORT", 65536, "PORT"),
        ("SKELETON_REGISTRATION", "maybe", "SKELETON_REGISTRATION"),
        ("SKELETON_CURRENCY", "usd", "SKELETON_CURRENCY"),
        ("SKELETON_PROXIES", -1, "SKELETON_PROXIES"),
        ("SKELETON_WORKERS", 0, "SKELETON_WORKERS"),
        ("SKELETON_LIMITS", {**configured.SKELETON_LIMITS, "login": (0, 60)}, "SKELETON_LIMIT_LOGIN"),
        ("SKELETON_LIMITS", {**configured.SKELETON_LIMITS, "account": (10**10, 3600)}, "SKELETON_LIMIT_ACCOUNT"),
        ("SKELETON_SERVER_LIMITS", {**configured.SKELETON_SERVER_LIMITS, "bodies": 0}, "SKELETON_BODIES"),
        ("SKELETON_SERVER_LIMITS", {**configured.SKELETON_SERVER_LIMITS, "queue_seconds": -1.0}, "SKELETON_QUEUE_SEC"),
        ("SKELETON_LOCK_SECONDS", 0, "SKELETON_LOCK_SECONDS"),
        ("SKELETON_HEADER_SECONDS", -1, "SKELETON_HEADER_SECONDS"),
        ("SKELETON_LIMIT_WAITS", (0, 900), "SKELETON_LIMIT_FIRST_WAIT"),
        ("SKELETON_LIMIT_WAITS", (60, 30), "SKELETON_LIMIT_FIRST_WAIT"),
        ("SKELETON_LIMIT_WAITS", (60, 3601), "SKELETON_LIMIT_FIRST_WAIT"),
        ("SKELETON_DEVICE_DAYS", 0, "SKELETON_DEVICE_DAYS"),
        ("SKELETON_HSTS_SECONDS", -1, "SKELETON_HSTS_SECONDS"),
        (
            "SIMPLE_JWT",
            {**configured.SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": timedelta(0)},
            "SKELETON_ACCESS_TOKEN_SECONDS",
        ),
        ("SECRET_KEY", "0123456789abcde" * 2, "SKELETON_SECRET_KEY"),
        ("SECRET_KEY", "x" * 40, "SKELETON_SECRET_KEY"),
    ],
)
def test_unusable_settings_are_refused_by_name(settings, name, value, said):
    assert check_settings(None) == []
    setattr(settings, name, value)
    (problem,) = check_settings(None)
    assert problem.msg.startswith(said)
    assert "\n" not in problem.msg


def test_debug_is_for_oneself(settings):
    settings.DEBUG = True
    assert check_settings(None) == []
    settings.HOST = "0.0.0.0"
    (problem,) = check_settings(None)
    assert problem.msg.startswith("SKELETON_DEBUG")


@pytest.mark.parametrize("hosts, good", [([], False), (["*"], False), (["crm.example.com"], True)])
def test_production_names_its_hosts(settings, hosts, good):
    settings.ALLOWED_HOSTS = hosts
    assert check_settings(None) == []
    settings.ZERO_CONFIGURATION = False
    assert (check_settings(None) == []) == good


# --- as started -------------------------------------------------------------------------------------------------------


def manage(*arguments, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SKELETON_")}
    inherited["DJANGO_SETTINGS_MODULE"] = "skeleton.settings"
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=Path(configured.BASE_DIR),
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_deployment_check_is_clean_in_production():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "check --deploy --database default" in done.stderr


@pytest.mark.parametrize(
    "environment, registration, hsts",
    [
        ({}, "open", 0),
        (PRODUCTION, "closed", 86_400),
        ({**PRODUCTION, "SKELETON_REGISTRATION": "open", "SKELETON_HSTS_SECONDS": "31536000"}, "open", 31_536_000),
        ({**PRODUCTION, "SKELETON_HTTPS": "off"}, "closed", 0),
    ],
    ids=["zero configuration", "production", "by setting", "without HTTPS"],
)
def test_what_production_closes(environment, registration, hsts):
    code = (
        "from django.conf import settings as s; print(s.SKELETON_REGISTRATION, s.SECURE_HSTS_SECONDS,"
        " s.SECURE_HSTS_PRELOAD)"
    )
    done = manage("shell", "--no-imports", "-c", code, **environment)
    assert done.stdout.split() == [registration, str(hsts), "False"], done.stderr


@pytest.mark.parametrize(
    "environment, said",
    [
        ({**PRODUCTION, "SKELETON_SECRET_KEY": ""}, "SKELETON_SECRET_KEY"),
        ({"PORT": "eighty"}, "PORT"),
        ({**PRODUCTION, "DATABASE_URL": "mysql://nowhere"}, "DATABASE_URL"),
        ({"SKELETON_LOG_LEVEL": "loud"}, "SKELETON_LOG_LEVEL"),
        ({"SKELETON_LIMIT_LOGIN": "many"}, "SKELETON_LIMIT_LOGIN"),
        ({"SKELETON_BODIES": "1.5"}, "SKELETON_BODIES"),
        ({"SKELETON_TIME_ZONE": "Europe/Berlinn"}, "SKELETON_TIME_ZONE"),
        ({"SKELETON_BODY_SECONDS": "nan"}, "SKELETON_BODY_SECONDS"),
    ],
)
def test_an_unusable_environment_is_one_clear_line(environment, said):
    done = manage("check", **environment)
    assert done.returncode != 0
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Skeleton cannot start: ")
    assert said in line


def test_a_check_that_fails_stops_the_command():
    done = manage("check", **{**PRODUCTION, "SKELETON_ALLOWED_HOSTS": ""})
    assert done.returncode != 0
    assert "SKELETON_ALLOWED_HOSTS" in done.stderr


@pytest.mark.django_db
def test_the_commands_checks_pass_here():
    call_command("check", databases=["default"])
