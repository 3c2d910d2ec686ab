"""Headers of all responses."""

import gzip

import pytest
from django.conf import settings as configured
from django.test import Client

from skeleton.identity.tests.factories import PASSWORD, UserFactory, client_of

PRIVATE_CACHE_CONTROL, NEVER = "private, no-cache", "no-store"


@pytest.mark.parametrize("path", ["/auth/me", "/nowhere"])
def test_an_answer_tells_its_length(anonymous, path):
    answer = anonymous.get(path)
    assert answer.headers["Content-Length"] == str(len(answer.response.content))


def test_nobody_may_guess_the_type_of_an_answer(anonymous):
    assert anonymous.get("/auth/me").headers["X-Content-Type-Options"] == "nosniff"


def test_a_host_that_is_not_ours_is_refused(anonymous):
    error = anonymous.call("GET", "/auth/me", headers={"Host": "evil.example"}).refused(400)
    assert error["request_id"]


def test_probes_may_ask_by_address(client):
    assert client.get("/health", headers={"host": "10.1.2.3"}).status_code == 200


@pytest.mark.django_db
class TestKeeping:
    """`Cache-Control`: tokens are never cached, and other responses of the API only by the client."""

    def test_tokens_and_passwords(self, anonymous, holding):
        user = UserFactory.create()
        pair = anonymous.post("/auth/login", {"email": user.email, "password": PASSWORD})
        answers = [
            pair,
            anonymous.post("/auth/refresh", {"refresh_token": pair.data["refresh_token"]}),
            anonymous.post("/auth/register", {"email": "r@example.com", "password": PASSWORD, "name": "R"}),
            holding("messenger:read").post("/messenger/tickets", {}),
            client_of(user).post(
                "/auth/change-password", {"current_password": PASSWORD, "new_password": "an even better one"}
            ),
        ]
        assert [(answer.status, answer.headers["Cache-Control"]) for answer in answers] == [
            (200, NEVER),
            (200, NEVER),
            (201, NEVER),
            (201, NEVER),
            (200, NEVER),
        ]

    def test_refusals_of_them(self, anonymous):
        for path in ("/auth/login", "/auth/refresh", "/auth/register"):
            assert anonymous.post(path, {}).headers["Cache-Control"] == NEVER

    def test_everything_else(self, owner, outsider, anonymous):
        answers = [owner.get("/users"), owner.get("/auth/me"), outsider.get("/users"), anonymous.get("/nowhere")]
        answers += [anonymous.get("/users"), owner.post("/roles", {}), owner.delete("/users")]
        assert {answer.headers["Cache-Control"] for answer in answers} == {PRIVATE_CACHE_CONTROL}

    def test_pages(self):
        assert NEVER in Client().get("/admin/login/").headers["Cache-Control"]


class TestRateLimit:
    """`RateLimit-*` tell clients to slow down before they are refused."""

    @pytest.fixture(autouse=True)
    def limited(self, settings):
        settings.SKELETON_THROTTLE = True
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "general": (2, 3600)}

    @staticmethod
    def told(answer):
        return [answer.headers.get(f"RateLimit-{name}") for name in ("Limit", "Remaining")]

    @pytest.mark.django_db
    def test_what_is_left_is_counted_for_the_user(self):
        client = client_of(UserFactory.create())
        answers = [client.get("/auth/me") for _ in range(3)]
        assert [self.told(answer) for answer in answers] == [["2", "1"], ["2", "0"], ["2", "0"]]
        assert answers[2].status == 429
        assert answers[2].headers["RateLimit-Reset"] == answers[2].headers["Retry-After"]

    @pytest.mark.django_db
    def test_another_limit_says_only_when_to_come_back(self, anonymous, settings):
        settings.SKELETON_LIMITS = dict.fromkeys(settings.SKELETON_LIMITS, (1, 3600)) | {"general": (1000, 3600)}
        refused = [anonymous.post("/auth/login", {"email": "a@example.com", "password": "?"}) for _ in range(3)][-1]
        assert (refused.status, self.told(refused)) == (429, [None, None])
        assert refused.headers["Retry-After"]

    def test_probes_are_not_counted(self, client):
        assert "RateLimit-Limit" not in client.get("/health").headers


class TestTransport:
    """HSTS is sent with every response if HTTPS is on, for a limited time."""

    PATHS = ("/api/v1/auth/me", "/api/v1/nowhere", "/admin/login/", "/api/v1/docs", "/health", "/static/nothing.js")

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", PATHS)
    def test_where_it_is_on(self, settings, path):
        settings.SECURE_HSTS_SECONDS = 86_400
        assert Client().get(path, secure=True).headers["Strict-Transport-Security"] == "max-age=86400"
        assert "Strict-Transport-Security" not in Client().get(path).headers

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", PATHS)
    def test_where_it_is_off(self, path):
        assert "Strict-Transport-Security" not in Client().get(path, secure=True).headers

    def test_it_begins_with_a_day(self):
        assert configured.SKELETON_HSTS_SECONDS == 86_400
        assert not configured.SECURE_HSTS_PRELOAD
        assert not configured.SECURE_HSTS_INCLUDE_SUBDOMAINS


class TestSchema:
    def test_it_is_not_sent_again(self, client):
        found = client.get("/api/v1/schema")
        again = client.get("/api/v1/schema", headers={"If-None-Match": found.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/api/v1/schema", headers={"If-None-Match": '"other"'}).content == found.content

    def test_it_is_ordinary_json_unless_asked_otherwise(self, client):
        answers = [client.get("/api/v1/schema", headers={"Accept": each}) for each in ("application/json", "*/*")]
        assert [each.headers["Content-Type"] for each in answers] == ["application/json"] * 2
        assert answers[0].json()["openapi"] == "3.1.0"
        openapi = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
        assert openapi.headers["Content-Type"] == "application/vnd.oai.openapi+json"

    def test_it_is_compressed_once(self, client, monkeypatch):
        plain, packed = (client.get("/api/v1/schema", headers={"Accept-Encoding": each}) for each in ("", "gzip"))
        assert gzip.decompress(packed.content) == plain.content
        monkeypatch.setattr(gzip, "compress", None)
        again = client.get("/api/v1/schema", headers={"Accept-Encoding": "gzip"})
        assert (again.content, again.headers["ETag"]) == (packed.content, f'{plain.headers["ETag"][:-1]}-gzip"')
        known = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
        assert client.get("/api/v1/schema", headers=known).status_code == 304

    def test_each_format_has_its_own(self, client):
        yaml = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi"})
        assert yaml.content.startswith(b"openapi: 3.1.0")
        assert yaml.headers["ETag"] != client.get("/api/v1/schema").headers["ETag"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/redoc", "/api/v1/schema"])
def test_documentation_is_only_read(client, path):
    assert client.options(path).status_code == client.post(path).status_code == 405
