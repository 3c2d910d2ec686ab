"""The books are kept in the days of one time zone, which is adopted until something is posted."""

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import IntegrityError, connection

from accounting.checks import check_time_zone
from accounting.tests.factories import account, post
from skeleton.company.models import Company
from skeleton.company.services import seed_company
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db


def book():
    post(account("T1").code, account("T2").code, 100)


def zone():
    return Company.objects.get().time_zone


def found():
    return [error.msg for error in check_time_zone(None, databases=["default"])]


def test_the_zone_of_the_environment_is_adopted_until_something_is_posted(settings):
    for name in ("Europe/Kyiv", "America/New_York"):
        settings.SKELETON_TIME_ZONE = name
        assert not found()
        call_command("seed_company", verbosity=0)
        assert zone() == name
    book()
    assert not found()
    settings.SKELETON_TIME_ZONE = "UTC"
    assert found() == [
        "SKELETON_TIME_ZONE is UTC, but the books are kept in the days of America/New_York, which cannot change: set "
        "SKELETON_TIME_ZONE=America/New_York."
    ]
    with pytest.raises(IntegrityError, match="the days of America/New_York"):
        seed_company()


def test_books_that_were_begun_without_a_zone_are_in_utc(settings):
    book()
    settings.SKELETON_TIME_ZONE = "Europe/Kyiv"
    assert "kept in the days of UTC" in found()[0]
    with pytest.raises(IntegrityError, match="the days of UTC"):
        seed_company()


def test_the_server_does_not_start_with_another_zone(settings):
    seed_company()
    book()
    settings.SKELETON_TIME_ZONE = "Asia/Tokyo"
    run = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert "skeleton.E203" in {error.id for error in run}


def test_nobody_changes_the_zone_past_the_application():
    seed_company()
    book()

    def attack():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE company_company SET time_zone = 'Europe/Kyiv'")

    assert database_error(refusal_of(attack)).diag.constraint_name == "accounting_company_zone"
