"""The back-office page: its API access, and two users chatting in a real browser."""

import json
import os
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import expect

from skeleton.identity.tests.factories import user_in_role, user_with
from skeleton.testkit.browser import DESKTOP, PHONE, run_in_browser
from skeleton.testkit.system import run_server
from skeleton.testkit.visitor import Visitor


@pytest.fixture
def page(db):
    user = user_in_role("admin", name="Carl Clerk", email="carl@example.com")
    return Visitor(user, enforce_csrf_checks=True)


def ask(client, method, path, body=None, **headers):
    content = "" if body is None else json.dumps(body)
    return client.generic(
        method, f"/admin/messenger/api/{path}", content, content_type="application/json", headers=headers
    )


def test_the_page_speaks_to_the_api_as_who_is_signed_in(page):
    shown = page.get("/admin/messenger/")
    assert shown.status_code == 200
    token = {"X-CSRFToken": str(shown.context["csrf_token"])}
    other = user_with("messenger:read")
    body = {"type": "direct", "member_ids": [str(other.pk)]}
    assert ask(page, "POST", "conversations", body).status_code == 403, "without the token it could be forged"
    made = ask(page, "POST", "conversations", body, **token)
    assert made.status_code == 201
    path = f"conversations/{made.json()['id']}/messages"
    assert ask(page, "POST", path, {"content": "Hello!"}, **token).json()["sender_id"] == str(page.user.pk)
    assert ask(page, "GET", path).json()["items"][0]["content"] == "Hello!"
    assert ask(page, "GET", "conversations/nothing").status_code == 404
    assert ask(page, "POST", "messenger/tickets", {}, **token).status_code == 201
    refused = ask(page, "POST", path, {"content": ""}, **token)
    assert (refused.status_code, refused.json()["error"]) == (422, "validation_error")


@pytest.mark.parametrize("path", ["invoices", "roles", "auth/me", "../../etc", "conversations/../invoices", ""])
def test_it_speaks_of_nothing_else(page, path):
    assert ask(page, "GET", path).status_code == 404


def test_permissions_are_the_api_s(db):
    visitor = Client()
    assert ask(visitor, "GET", "conversations").status_code == 302
    visitor.force_login(user_with("invoices:read"))
    assert visitor.get("/admin/messenger/").status_code == 403
    assert ask(visitor, "GET", "conversations").status_code == 403
    reader = Client()
    reader.force_login(user_with("messenger:read"))
    shown = reader.get("/admin/messenger/").content.decode()
    assert 'id="write"' not in shown
    assert "talk-new" not in shown


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with run_server(tmp_path_factory.mktemp("page")) as found:
        found.sign_in(email="admin@skeleton.local", password="03041965")
        yield found


def person(system, name):
    """Create a user of the messenger, and return their e-mail."""
    (role,) = [one["id"] for one in system.call("GET", "/roles").data["data"] if one["name"] == "admin"]
    email = f"{name.split()[0].lower()}@example.com"
    body = {"email": email, "password": "correct horse", "name": name}
    made = system.call("POST", "/auth/register", body).data
    system.call("POST", f"/users/{made['user']['id']}/roles", {"role_id": role})
    return email


def sign_in(window, email):
    page = window.go("/admin/messenger/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#messenger[data-live=yes]")).to_be_visible()
    return page


def screenshot(window, name):
    """Take a screenshot. `window.screenshot` cannot be used, as it waits until the network is idle."""
    folder = os.environ.get("SKELETON_TEST_SCREENSHOTS")
    if folder:
        window.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize(
    "width, size, dark", [("desktop", DESKTOP, False), ("phone", PHONE, True)], ids=["desktop", "phone-dark"]
)
def test_two_people_talk(system, width, size, dark):
    """One user uses the browser, the other the API. Messages appear at once on both sides."""
    olena, ruslan = person(system, f"Olena-{width} Ost"), person(system, f"Ruslan-{width} West")
    by_api = system.call("POST", "/auth/login", {"email": ruslan, "password": "correct horse"}).data

    def as_ruslan(method, path, body=None):
        mine, system.token = system.token, by_api["access_token"]
        try:
            return system.call(method, path, body).data
        finally:
            system.token = mine

    def story(window):
        page = sign_in(window, olena)
        page.get_by_role("button", name="New conversation").click()
        page.get_by_label("With whom?").fill(f"ruslan-{width}")
        page.get_by_label(f"Ruslan-{width} West").check()
        screenshot(window, f"{width}-messenger-new")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", name=f"Ruslan-{width} West")).to_be_visible()
        page.get_by_label("Message", exact=True).fill("Shall we ship today?")
        page.get_by_label("Message", exact=True).press("Enter")
        expect(page.locator("#messages .mine .bubble")).to_have_text("Shall we ship today?")

        (talk,) = as_ruslan("GET", "/conversations")["items"]
        assert talk["unread_count"] == 1
        path = f"/conversations/{talk['id']}/messages"
        as_ruslan("POST", path, {"content": "Yes, at noon.\nThe carrier is booked."})
        answer = page.locator("#messages li:not(.mine) .bubble")
        expect(answer).to_contain_text("The carrier is booked.")
        expect(page.locator("#talks")).to_contain_text("Yes, at noon.")

        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Attach a file").click()
        chooser.value.set_files({"name": "label.txt", "mimeType": "text/plain", "buffer": b"To: Ruslan"})
        expect(page.locator("#attached")).to_have_text("label.txt")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#messages .file")).to_contain_text("label.txt")

        page.get_by_role("button", name="Edit").first.click()
        page.get_by_label("Message", exact=True).fill("Shall we ship tomorrow?")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#messages .mine").first).to_contain_text("edited")
        sent = as_ruslan("POST", path, {"content": "A slip"})
        expect(page.locator("#messages").get_by_text("A slip")).to_be_visible()
        as_ruslan("DELETE", f"{path}/{sent['id']}")
        expect(page.locator(".bubble.deleted")).to_have_text("This message was deleted.")
        screenshot(window, f"{width}-messenger")
        if width == "phone":
            page.get_by_role("button", name="Back").click()
            as_ruslan("POST", path, {"content": "One more thing"})
            expect(page.locator("#talks .badge")).to_have_text("1")
            screenshot(window, f"{width}-messenger-list")

    run_in_browser(story, f"http://127.0.0.1:{system.port}", size, dark=dark)
