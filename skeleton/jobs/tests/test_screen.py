"""The back-office screen of jobs."""

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import expect

from skeleton.identity.tests.factories import PASSWORD, user_in_role, user_with
from skeleton.jobs.models import Job
from skeleton.jobs.tests.jobs import count, fail
from skeleton.jobs.tests.test_jobs import failed
from skeleton.testkit.browser import PHONE, run_in_browser
from skeleton.testkit.queue import empty_queue

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/jobs/job/"


@pytest.fixture(autouse=True)
def fresh_queue(db, monkeypatch):
    with empty_queue(monkeypatch):
        yield


def visitor(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def chief():
    return visitor(user_in_role("super_admin", email="olha@example.com"))


def test_it_is_for_whoever_may_do_everything(chief):
    number = count.enqueue(key="x")
    for user in (user_in_role("admin"), user_with("audit:read", "users:write")):
        for path in (LIST, f"{LIST}{number}/change/", f"{LIST}{number}/cancel/"):
            assert visitor(user).get(path).status_code == 403
        assert LIST not in visitor(user).get("/admin/").content.decode()
    assert LIST in chief.get("/admin/").content.decode()


def test_the_list_shows_what_is_open_with_its_reason(chief):
    failed()
    done = count.enqueue(key="done")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [done])
    shown = chief.get(LIST).content.decode()
    assert "RuntimeError: as it was told to" in shown
    assert "No worker is running" in shown
    assert "Every night: delete old jobs" in shown
    assert f"{LIST}{done}/" not in shown
    assert f"{LIST}{done}/" in chief.get(LIST, {"status": "succeeded"}).content.decode()
    assert f"{LIST}{done}/" in chief.get(LIST, {"status": "all", "task": count.name}).content.decode()
    assert f"{LIST}{done}/" not in chief.get(LIST, {"status": "all", "task": fail.name}).content.decode()


def test_a_jobs_page_and_its_acts(chief):
    number = failed()
    page = f"{LIST}{number}/"
    shown = chief.get(f"{page}change/").content.decode()
    assert "skeleton/jobs/tests/jobs.py" in shown
    assert "failed" in shown
    assert chief.get(f"{page}run-now/").status_code == 200
    assert Job.objects.get(pk=number).status == "failed", "to look changes nothing"
    chief.post(f"{page}run-now/")
    assert Job.objects.get(pk=number).status == "todo"
    chief.post(f"{page}cancel/")
    assert Job.objects.get(pk=number).status == "cancelled"
    assert "This job is cancelled." in chief.post(f"{page}cancel/").content.decode()
    history = chief.get(f"{page}history/", follow=True).content.decode()
    assert "RUN NOW" in history.upper()
    by_audit_id = f"{LIST}{Job.objects.get(pk=number).audit_id}/change/"
    assert chief.get(by_audit_id).status_code == 200
    assert chief.get(f"{LIST}{number + 1000}/history/").status_code == 302


def test_many_at_once(chief):
    numbers = [count.enqueue(key="x") for _ in range(3)]
    chief.post(LIST, {"action": "cancel", "_selected_action": numbers})
    assert set(Job.objects.values_list("status", flat=True)) == {"cancelled"}


@pytest.mark.parametrize("width, size", [("desktop", (1280, 900)), ("phone", PHONE)])
def test_seen_in_a_browser(live_server, width, size):
    user_in_role("super_admin", email="olha@example.com")
    number = failed()
    count.enqueue(key="soon")

    def story(window):
        page = window.go("/admin/")
        page.get_by_label("E-mail").fill("olha@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        window.go(LIST)
        window.screenshot(f"{width}-jobs")
        page = window.go(f"{LIST}{number}/change/")
        window.screenshot(f"{width}-job")
        page = window.go(f"{LIST}{number}/run-now/")
        page.locator("#action-form button[type=submit]").click()
        expect(page.get_by_text("will run as soon as a worker is free.").first).to_be_visible()
        window.screenshot(f"{width}-job-run-now")

    run_in_browser(story, live_server.url, size)
    assert Job.objects.get(pk=number).status == "todo"
