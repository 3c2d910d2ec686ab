"""The general rate limit: it applies to every path except probes and static files, and its memory is bounded."""

import pytest
from django.test import Client

from skeleton.identity.tests.factories import client_of, user_in_role, user_with
from skeleton.kernel.context import RequestContext, current_request
from skeleton.rest.throttles import GeneralThrottle

COUNTED = [
    "/api/v1/schema",
    "/api/v1/docs",
    "/api/v1/redoc",
    "/api/v1/redoc?script",
    "/api/v1/auth/me",
    "/api/v1/auth/login",
    "/api/v1/nowhere",
    "/nowhere",
    "/",
    "/favicon.ico",
    "/swagger/index.html",
    "/swagger/doc.json",
    "/admin/",
    "/admin/login/",
    "/admin/identity/user/",
    "/admin/identity/user/export.csv",
    "/admin/nowhere",
    "/admin/jsi18n/",
]


@pytest.fixture(autouse=True)
def limited(settings):
    settings.SKELETON_THROTTLE = True
    settings.SKELETON_PROXIES = 1
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "general": (3, 3600)}


def get(path, address, client=None, **headers):
    return (client or Client()).get(path, headers={"X-Forwarded-For": address, **headers})


def statuses(path, address, times=5, **headers):
    return [get(path, address, **headers).status_code for _ in range(times)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", COUNTED)
def test_a_stranger_is_held_up_everywhere(path):
    place = f"192.0.2.{COUNTED.index(path)}"
    found = statuses(path, place)
    assert 429 not in found[:3]
    assert found[3:] == [429, 429]
    answer = get(path, place)
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/health", "/ready", "/static/nothing.js"])
@pytest.mark.django_db
def test_probes_and_static_files_are_not_counted(path):
    assert 429 not in statuses(path, "192.0.2.100", times=8)


@pytest.mark.django_db
def test_all_paths_count_together():
    found = [get(path, "192.0.2.101").status_code for path in ("/nowhere", "/admin/login/", "/api/v1/auth/me", "/")]
    assert found == [404, 200, 401, 429]


@pytest.mark.django_db
def test_what_a_middleware_answers_counts():
    found = statuses("/api/v1/auth/me", "192.0.2.102", Host="evil.example")
    assert found == [400, 400, 400, 429, 429]
    client = Client(enforce_csrf_checks=True)
    posts = [client.post("/admin/login/", {}, headers={"X-Forwarded-For": "192.0.2.103"}) for _ in range(5)]
    assert [answer.status_code for answer in posts] == [403, 403, 403, 429, 429]


@pytest.mark.django_db
def test_what_is_refused_before_it_is_read_counts():
    headers = {"X-Forwarded-For": "192.0.2.104", "Transfer-Encoding": "chunked"}
    found = [Client().post("/api/v1/auth/login", headers=headers).status_code for _ in range(5)]
    assert found == [411, 411, 411, 429, 429]


@pytest.mark.django_db
def test_an_ipv6_network_is_one_stranger():
    found = [get("/nowhere", f"2001:db8:7:7::{n}").status_code for n in range(1, 6)]
    assert found == [404, 404, 404, 429, 429]
    assert get("/nowhere", "2001:db8:7:8::1").status_code == 404


@pytest.mark.django_db
def test_a_page_says_so_in_a_sentence():
    statuses("/admin/login/", "192.0.2.105")
    page = get("/admin/login/", "192.0.2.105", **{"Accept-Language": "en"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Wait a minute" in page.content.decode()
    assert "Content-Security-Policy" in page.headers


@pytest.mark.django_db
def test_a_program_is_answered_in_the_one_shape():
    statuses("/api/v1/schema", "192.0.2.106")
    error = get("/api/v1/schema", "192.0.2.106").json()
    assert error["error"] == "rate_limit_exceeded"
    assert error.keys() == {"error", "message", "request_id"}


@pytest.mark.django_db
def test_people_in_the_back_office_count_by_themselves_not_by_their_address():
    address = "192.0.2.107"
    browsers = []
    for _ in range(3):
        browser = Client()
        browser.force_login(user_in_role("viewer"))
        browsers.append(browser)
    for browser in browsers:
        found = [get("/admin/", address, browser).status_code for _ in range(4)]
        assert found == [200, 200, 200, 429]
    assert get("/nowhere", address).status_code == 404


@pytest.mark.django_db
def test_a_user_counts_over_api_and_pages_together():
    user = user_in_role("viewer")
    browser = Client()
    browser.force_login(user)
    assert [browser.get("/admin/").status_code for _ in range(2)] == [200, 200]
    client = client_of(user)
    assert [client.get("/auth/me").status for _ in range(2)] == [200, 429]


@pytest.mark.django_db
def test_with_a_token_the_address_is_not_counted():
    client = client_of(user_with())
    headers = {"X-Forwarded-For": "192.0.2.108", "Authorization": f"Bearer {client.token}"}
    for _ in range(4):
        Client().get("/api/v1/auth/me", headers=headers)
    assert get("/nowhere", "192.0.2.108").status_code == 404


class TestMemory:
    @pytest.fixture
    def limit(self, monkeypatch):
        monkeypatch.setattr(GeneralThrottle, "MAX_SUBJECTS", 50)
        return GeneralThrottle()

    def ask(self, limit, address):
        token = current_request.set(RequestContext("id", address))
        try:
            return limit.allow_request(None, None)
        finally:
            current_request.reset(token)

    def test_a_stranger_with_a_large_network_cannot_fill_it(self, limit):
        for number in range(2000):
            assert self.ask(limit, f"2001:db8:{number:x}:1::1")
        assert len(limit._counts) == 50

    def test_of_one_network_only_one_is_remembered(self, limit):
        answers = [self.ask(limit, f"2001:db8::{number:x}") for number in range(2000)]
        assert answers.count(True) == 3
        assert len(limit._counts) == 1

    def test_the_limit_starts_anew(self, limit, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "general": (1, 0.01)}
        assert self.ask(limit, "192.0.2.1")
        limit._counts["192.0.2.1"][1] = 0
        assert self.ask(limit, "192.0.2.1")
