"""Registration and login: the same response to every kind of failure, and effective limits."""

import statistics
import time

import pytest
from django.conf import settings as configured

from skeleton.identity.models import User
from skeleton.identity.tests.factories import PASSWORD, UserFactory
from skeleton.testkit.client import ApiClient
from skeleton.testkit.races import run_in_threads

pytestmark = pytest.mark.django_db

TOKENS = {"access_token", "refresh_token", "token_type", "expires_in", "user"}
USER = {"id", "email", "name", "active", "roles", "created_at", "updated_at", "last_login_at"}


@pytest.fixture
def throttled(settings):
    settings.SKELETON_THROTTLE = True


def log_in(email, password=PASSWORD, address=None):
    headers = {"X-Forwarded-For": address} if address else {}
    return ApiClient().post("/auth/login", {"email": email, "password": password}, **headers)


class TestRegister:
    def test_gives_tokens_and_a_user_without_a_role(self, anonymous):
        body = {"email": "user@example.com", "password": "SecurePass123!", "name": "John Doe"}
        answer = anonymous.post("/auth/register", body).ok(201)
        assert answer.keys() == TOKENS
        assert answer["user"].keys() == USER
        assert answer["user"]["roles"] == []
        assert answer["user"]["active"] is True
        assert ApiClient(answer["access_token"]).get("/auth/me").ok()["permissions"] == []

    @pytest.mark.parametrize("email", ["user@example.com", "USER@Example.COM"])
    def test_a_taken_e_mail_is_a_conflict_in_any_case(self, anonymous, email):
        UserFactory.create(email="User@example.com")
        anonymous.post("/auth/register", {"email": email, "password": PASSWORD, "name": "X"}).refused(409, "email")

    def test_everything_is_required(self, anonymous):
        anonymous.post("/auth/register", {}).refused(422, "email", "password", "name")

    @pytest.mark.parametrize(
        "field, value",
        [
            ("email", "nonsense"),
            ("email", "a@b"),
            ("email", "a b@example.com"),
            ("email", None),
            ("email", ""),
            ("email", 7),
            ("email", "a" * 250 + "@example.com"),
            ("password", "short"),
            ("password", "horse battery " * 10),
            ("password", None),
            ("password", 12345678),
            ("name", ""),
            ("name", "  "),
            ("name", None),
            ("name", ["x"]),
            ("name", "x" * 256),
            ("role", "admin"),
            ("roles", ["super_admin"]),
        ],
    )
    def test_what_is_wrong_is_named(self, anonymous, field, value):
        body = {"email": "user@example.com", "password": PASSWORD, "name": "X", field: value}
        if field == "roles":  # users can't assign themselves a role: there is no such field
            anonymous.post("/auth/register", body).refused(422, "roles")
        else:
            anonymous.post("/auth/register", body).refused(422, field)
        assert not User.objects.exists()

    def test_closed(self, anonymous, settings):
        settings.SKELETON_REGISTRATION = "closed"
        anonymous.post("/auth/register", {"email": "a@example.com", "password": PASSWORD, "name": "A"}).refused(403)

    def test_a_password_keeps_its_blanks(self, anonymous):
        anonymous.post("/auth/register", {"email": "a@example.com", "password": "  53-Kyiv  ", "name": "A"}).ok(201)
        log_in("a@example.com", "  53-Kyiv  ").ok()
        log_in("a@example.com", "53-Kyiv").refused(401)


class TestLogin:
    def test_answers_tokens_and_the_user(self, anonymous):
        user = UserFactory.create(email="Olena@example.com")
        answer = log_in("olena@EXAMPLE.com").ok()
        assert answer.keys() == TOKENS
        assert answer["user"]["id"] == str(user.pk)
        assert answer["user"]["last_login_at"] is not None

    def test_five_statements_are_enough(self, throttled, anonymous, django_assert_num_queries):
        user = UserFactory.create()
        with django_assert_num_queries(5):  # both limits; the user; one limit given back; the session; the answer
            anonymous.post("/auth/login", {"email": user.email, "password": PASSWORD}).ok()

    def test_every_failure_is_one_and_the_same(self):
        UserFactory.create(email="good@example.com")
        UserFactory.create(email="off@example.com", is_active=False)
        answers = [
            log_in("nobody@example.com").refused(401),
            log_in("good@example.com", "wrong password").refused(401),
            log_in("off@example.com").refused(401),
        ]
        assert len({(answer["error"], answer["message"], str(answer.get("details"))) for answer in answers}) == 1

    def test_every_failure_takes_the_same_time(self):
        UserFactory.create(email="good@example.com")
        UserFactory.create(email="off@example.com", is_active=False)
        kinds = [("nobody@example.com", PASSWORD), ("good@example.com", "wrong"), ("off@example.com", PASSWORD)]
        taken: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
        for _ in range(5):
            for kind in kinds:
                started = time.process_time()
                log_in(*kind).refused(401)
                taken[kind].append(time.process_time() - started)
        medians = [statistics.median(times) for times in taken.values()]
        assert max(medians) < 2 * min(medians), medians

    def test_a_stale_token_keeps_nobody_from_signing_in(self):
        UserFactory.create(email="good@example.com")
        ApiClient("stale").post("/auth/login", {"email": "good@example.com", "password": PASSWORD}).ok()

    @pytest.mark.parametrize(
        "email", ["İ" * 254, "x" * 254, "%", "a@example.com' OR 1=1 --", "𝒳@example.com", " good@example.com "]
    )
    def test_strange_e_mails_are_wrong_like_others(self, throttled, email):
        UserFactory.create(email="good@example.com")
        assert log_in(email).status == (200 if email.strip() == "good@example.com" else 401)


class TestThrottles:
    """Each limit as in the contract. `settings` proves that every limit is a setting."""

    def test_five_failures_a_minute_per_address_and_account(self, throttled):
        UserFactory.create(email="one@example.com")
        UserFactory.create(email="two@example.com")
        for _ in range(5):
            log_in("one@example.com", "wrong").refused(401)
        answer = log_in("one@example.com")
        answer.refused(429)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert log_in("ONE@example.com").status == 429
        log_in("two@example.com").ok()

    def test_another_address_is_not_held_up(self, throttled, settings):
        settings.SKELETON_PROXIES = 1
        UserFactory.create(email="one@example.com")
        for _ in range(5):
            log_in("one@example.com", "wrong", "203.0.113.1").refused(401)
        log_in("one@example.com", PASSWORD, "203.0.113.1").refused(429)
        log_in("one@example.com", PASSWORD, "203.0.113.2").ok()

    def test_a_forged_address_does_not_help(self, throttled):
        UserFactory.create(email="one@example.com")
        for number in range(5):
            log_in("one@example.com", "wrong", f"203.0.113.{number}").refused(401)
        log_in("one@example.com", PASSWORD, "203.0.113.99").refused(429)

    def test_successes_do_not_count(self, throttled):
        UserFactory.create(email="one@example.com")
        for _ in range(7):
            log_in("one@example.com").ok()

    def test_sixty_logins_a_minute_per_address(self, throttled, settings):
        assert configured.SKELETON_LIMITS["login_address"] == (60, 60)
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "login_address": (4, 60)}
        UserFactory.create(email="one@example.com")
        for number in range(2):
            log_in("one@example.com").ok()
            log_in(f"other{number}@example.com").refused(401)
        log_in("one@example.com").refused(429)

    def test_three_registrations_an_hour_per_address(self, throttled):
        assert configured.SKELETON_LIMITS["register"] == (3, 3600)
        bodies = [{"email": f"r{n}@example.com", "password": PASSWORD, "name": "R"} for n in range(4)]
        assert [ApiClient().post("/auth/register", body).status for body in bodies] == [201, 201, 201, 429]

    def test_thirty_refreshes_a_minute_per_session(self, throttled, settings):
        assert configured.SKELETON_LIMITS["refresh"] == (30, 60)
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "refresh": (2, 60)}
        UserFactory.create(email="one@example.com")
        pair, other = log_in("one@example.com").ok(), log_in("one@example.com").ok()
        for _ in range(2):
            pair = ApiClient().post("/auth/refresh", {"refresh_token": pair["refresh_token"]}).ok()
        ApiClient().post("/auth/refresh", {"refresh_token": pair["refresh_token"]}).refused(429)
        ApiClient().post("/auth/refresh", {"refresh_token": other["refresh_token"]}).ok()

    def test_a_thousand_of_anything_a_minute_per_user(self, throttled, settings, owner, colleague):
        assert configured.SKELETON_LIMITS["general"] == (1000, 60)
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "general": (3, 3600)}
        assert [owner.get("/auth/me").status for _ in range(4)] == [200, 200, 200, 429]
        colleague.get("/auth/me").ok()

    def test_guesses_of_tokens_count_too(self, throttled, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "general": (3, 3600)}
        settings.SKELETON_PROXIES = 1
        calls = [ApiClient("guess").call("GET", "/auth/me", headers={"X-Forwarded-For": "203.0.113.7"}) for _ in "1234"]
        assert [answer.status for answer in calls] == [401, 401, 401, 429]


@pytest.mark.django_db(transaction=True)
def test_of_twenty_guesses_at_once_exactly_five_are_heard(settings):
    settings.SKELETON_THROTTLE = True
    UserFactory.create(email="one@example.com")
    answers = run_in_threads(20, lambda number: log_in("one@example.com", f"guess {number}"))
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 15
