"""Password guessing from one network and from many, in all places. No user can lock out another one."""

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client

from skeleton.db.models import Throttle
from skeleton.identity.models import KnownNetwork
from skeleton.identity.tests.factories import PASSWORD, UserFactory, client_of, user_in_role
from skeleton.rest.throttles import Limit
from skeleton.testkit.client import ApiClient
from skeleton.testkit.races import run_in_threads

V4, V6 = "198.51.100.{}", "2001:db8:1:2::{:x}"
OWNER_AT = "203.0.113.200"
SIGN_IN = "/admin/login/"


@pytest.fixture(autouse=True)
def limited(settings):
    settings.SKELETON_THROTTLE = True
    settings.SKELETON_PROXIES = 1


def log_in(email, password="wrong", address=OWNER_AT):
    return ApiClient().post("/auth/login", {"email": email, "password": password}, **{"X-Forwarded-For": address})


def sign_in(email, password="wrong", address=OWNER_AT, browser=None):
    sent = {"username": email, "password": password}
    return (browser or Client()).post(SIGN_IN, sent, headers={"X-Forwarded-For": address})


def change(client, current, address=OWNER_AT):
    body = {"current_password": current, "new_password": "an even better one"}
    return client.post("/auth/change-password", body, **{"X-Forwarded-For": address})


def later(seconds):
    """Let this much time pass for all limits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_throttle SET resets_at = resets_at - %(s)s * interval '1 second',"
            " next_at = next_at - %(s)s * interval '1 second'",
            {"s": seconds},
        )


def attack(email, count, first=0):
    """Guess an account's password this many times, each time from a different address."""
    return [log_in(email, address=V4.format(first + number)).status for number in range(count)]


DOORS = {"api": log_in, "page": sign_in}


@pytest.fixture(params=DOORS, ids=str)
def door(request):
    return DOORS[request.param]


def status(answer):
    return answer.status if hasattr(answer, "status") else answer.status_code


@pytest.mark.django_db
class TestByNetwork:
    def test_an_ipv6_network_is_one_address(self, door):
        UserFactory.create(email="one@example.com")
        found = [status(door("one@example.com", address=V6.format(n))) for n in range(1, 8)]
        assert found[:5].count(429) == 0
        assert found[5:] == [429, 429]

    def test_forty_accounts_from_one_network(self):
        assert configured.SKELETON_LIMITS["guess_address"] == (30, 600)
        found = [log_in(f"user{n}@example.com", address=V6.format(n)).status for n in range(1, 41)]
        assert found == [401] * 30 + [429] * 10

    @pytest.mark.parametrize(
        "spelled", ["2001:db8:1:2::{:x}", "203.0.113.9", "::ffff:203.0.113.9", "2002:cb00:7109::{:x}"]
    )
    def test_many_accounts_from_one_network_at_both_doors(self, door, spelled, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "guess_address": (3, 600)}
        found = [status(door(f"user{n}@example.com", address=spelled.format(n))) for n in range(1, 6)]
        assert found[:3].count(429) == 0
        assert found[3:] == [429, 429]

    def test_both_doors_count_together(self):
        for _ in range(3):
            log_in("one@example.com")
            sign_in("one@example.com")
        assert log_in("one@example.com").status == 429
        answer = sign_in("one@example.com")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert "Too many requests. Try again in 1 min." in answer.content.decode()

    def test_another_network_is_not_held_up(self, door, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "guess_address": (3, 600)}
        UserFactory.create(email="one@example.com")
        for number in range(4):
            door(f"user{number}@example.com", address=V6.format(number + 1))
        assert status(door("one@example.com", address="2001:db8:1:3::1")) in (200, 401)
        log_in("one@example.com", PASSWORD, "2001:db8:1:3::1").ok()

    def test_registrations(self):
        bodies = [{"email": f"r{n}@example.com", "password": PASSWORD, "name": "R"} for n in range(4)]
        found = [
            ApiClient().post("/auth/register", body, **{"X-Forwarded-For": V6.format(n)}).status
            for n, body in enumerate(bodies, 1)
        ]
        assert found == [201, 201, 201, 429]

    def test_a_network_whose_users_are_known_is_not_held_up_by_their_slips(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "guess_address": (3, 600)}
        for number in range(3):
            UserFactory.create(email=f"user{number}@example.com")
            log_in(f"user{number}@example.com", PASSWORD).ok()
        for number in range(3):
            for _ in range(2):
                log_in(f"user{number}@example.com").refused(401)
        log_in("user0@example.com", PASSWORD).ok()


@pytest.mark.django_db
class TestByAccount:
    def test_thirty_networks_then_a_wait(self):
        assert configured.SKELETON_LIMITS["account"] == (30, 3600)
        UserFactory.create(email="one@example.com")
        assert attack("one@example.com", 31) == [401] * 30 + [429]
        answer = log_in("ONE@example.com", PASSWORD, V4.format(99))
        assert answer.refused(429)["message"] == "Too many requests. Try again in 1 min."
        assert 1 <= int(answer.headers["Retry-After"]) <= 60

    def test_an_account_that_does_not_exist_or_is_off_waits_alike(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (3, 3600)}
        UserFactory.create(email="on@example.com")
        UserFactory.create(email="off@example.com", is_active=False)
        for number, email in enumerate(("on@example.com", "off@example.com", "nobody@example.com")):
            assert attack(email, 5, first=10 * number) == [401, 401, 401, 429, 429], email

    def test_the_wait_doubles_up_to_its_longest(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (2, 3600)}
        UserFactory.create(email="one@example.com")
        assert attack("one@example.com", 2) == [401, 401]
        for number, seconds in enumerate((60, 120, 240, 480, 900, 900), 10):
            wait = int(log_in("one@example.com", address=V4.format(number)).headers["Retry-After"])
            assert seconds - 5 <= wait <= seconds
            later(seconds)
            log_in("one@example.com", address=V4.format(number)).refused(401)

    def test_attempts_during_the_wait_do_not_prolong_it(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (2, 3600)}
        UserFactory.create(email="one@example.com")
        assert attack("one@example.com", 20)[2:] == [429] * 18
        later(60)
        log_in("one@example.com", PASSWORD, V4.format(99)).ok()

    def test_an_hour_without_failures_and_all_is_forgotten(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (2, 3600)}
        assert attack("one@example.com", 3) == [401, 401, 429]
        later(3600)
        assert attack("one@example.com", 3, first=10) == [401, 401, 429]

    def test_a_success_is_given_back(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (2, 3600)}
        UserFactory.create(email="one@example.com")
        attack("one@example.com", 1)
        for number in range(10, 15):
            log_in("one@example.com", PASSWORD, V4.format(number)).ok()
        assert attack("one@example.com", 2, first=20) == [401, 429]

    def test_what_one_limit_refuses_counts_for_none(self):
        UserFactory.create(email="one@example.com")
        for _ in range(40):  # five are heard
            log_in("one@example.com", address=V4.format(1))
        assert attack("one@example.com", 26, first=10) == [401] * 25 + [429]


@pytest.mark.django_db
class TestKnownDevices:
    @pytest.fixture(autouse=True)
    def few(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (3, 3600)}

    def test_a_stranger_does_not_lock_the_owner_out(self, door):
        user_in_role("viewer", email="one@example.com")
        door("one@example.com", PASSWORD)
        attack("one@example.com", 4)
        log_in("one@example.com", PASSWORD, V4.format(99)).refused(429)
        assert status(door("one@example.com", PASSWORD)) in (200, 302)

    def test_a_browser_is_known_wherever_it_goes(self):
        user_in_role("viewer", email="one@example.com")
        browser = Client()
        sign_in("one@example.com", PASSWORD, browser=browser)
        browser.post("/admin/logout/")
        attack("one@example.com", 4)
        assert sign_in("one@example.com", PASSWORD, V4.format(99)).status_code == 429
        assert sign_in("one@example.com", PASSWORD, V4.format(99), browser).status_code == 302

    def test_its_cookie(self):
        user = user_in_role("viewer", email="one@example.com")
        cookie = sign_in("one@example.com", PASSWORD).cookies["skeleton_device"]
        assert cookie["httponly"]
        assert cookie["max-age"] == configured.SKELETON_DEVICE_DAYS * 24 * 3600
        assert cookie["path"] == "/admin/"
        assert str(user.pk) in cookie.value
        assert "skeleton_device" not in sign_in("one@example.com").cookies

    @pytest.mark.parametrize("forged", ["{value}x", "{pk}|x:y:z", "{pk}|x", "x", ""])
    def test_a_forged_mark_is_none(self, forged):
        user = user_in_role("viewer", email="one@example.com")
        browser = Client()
        value = sign_in("one@example.com", PASSWORD, browser=browser).cookies["skeleton_device"].value
        browser.cookies["skeleton_device"] = forged.format(value=value, pk=user.pk)
        attack("one@example.com", 4)
        assert sign_in("one@example.com", PASSWORD, V4.format(99), browser).status_code == 429

    def test_the_mark_of_another_account_is_none(self):
        user_in_role("viewer", email="one@example.com")
        user_in_role("viewer", email="two@example.com")
        browser = Client()
        sign_in("two@example.com", PASSWORD, V4.format(98), browser)
        attack("one@example.com", 4)
        assert sign_in("one@example.com", PASSWORD, V4.format(99), browser).status_code == 429

    def test_a_known_network_waits_too_by_itself(self):
        UserFactory.create(email="one@example.com")
        log_in("one@example.com", PASSWORD).ok()
        assert [log_in("one@example.com").status for _ in range(4)] == [401, 401, 401, 429]

    def test_a_network_is_known_for_a_while(self, settings):
        UserFactory.create(email="one@example.com")
        log_in("one@example.com", PASSWORD).ok()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE identity_known_network SET seen_at = seen_at - %s * interval '1 day'",
                [settings.SKELETON_DEVICE_DAYS + 1],
            )
        attack("one@example.com", 4)
        log_in("one@example.com", PASSWORD).refused(429)

    def test_only_so_many_are_kept_and_none_can_be_read(self):
        user = UserFactory.create(email="one@example.com")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO identity_known_network (user_id, network, seen_at)"
                " SELECT %s, int8send(n), now() - n * interval '1 minute' FROM generate_series(1, 60) n",
                [user.pk],
            )
        log_in("one@example.com", PASSWORD).ok()
        kept = [bytes(row) for row in KnownNetwork.objects.values_list("network", flat=True)]
        assert len(kept) == 50
        assert not [row for row in kept if b"203" in row]
        log_in("one@example.com", PASSWORD).ok()
        assert KnownNetwork.objects.count() == 50


@pytest.mark.django_db
class TestChangingThePassword:
    def test_sixty_guesses(self):
        client = client_of(UserFactory.create())
        found = [change(client, f"guess {n}").status for n in range(60)]
        assert found == [422] * 5 + [429] * 55
        change(client, PASSWORD).refused(429)

    def test_by_session_wherever_it_is(self):
        client = client_of(UserFactory.create())
        found = [change(client, f"guess {n}", V4.format(n)).status for n in range(7)]
        assert found == [422] * 5 + [429] * 2

    def test_by_account_over_all_sessions(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (6, 3600)}
        user = UserFactory.create()
        found = [change(client_of(user), "guess", V4.format(n)).status for n in range(8)]
        assert found == [422] * 6 + [429] * 2

    def test_by_network_over_all_accounts(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "guess_address": (6, 600)}
        found = [change(client_of(UserFactory.create()), "guess", V6.format(n)).status for n in range(1, 9)]
        assert found == [422] * 6 + [429] * 2

    def test_strangers_at_the_door_do_not_keep_one_from_it(self, settings):
        settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (3, 3600)}
        user = UserFactory.create(email="one@example.com")
        attack("one@example.com", 4)
        change(client_of(user), PASSWORD).ok()

    def test_what_is_right_is_given_back(self):
        client = client_of(UserFactory.create())
        for _ in range(8):
            body = {"current_password": PASSWORD, "new_password": "password"}
            client.post("/auth/change-password", body).refused(422, "new_password")

    def test_in_the_back_office(self):
        user = user_in_role("viewer")
        browser = Client()
        browser.force_login(user)
        sent = {"old_password": "guess", "new_password1": "an even better one", "new_password2": "an even better one"}
        found = [browser.post("/admin/password_change/", sent) for _ in range(7)]
        assert [answer.status_code for answer in found] == [200] * 5 + [429] * 2
        assert "This is not your current password." in found[0].content.decode()
        assert "Too many requests. Try again in 1 min." in found[5].content.decode()
        assert int(found[5].headers["Retry-After"]) >= 1


@pytest.mark.django_db(transaction=True)
def test_of_racing_guesses_from_everywhere_exactly_so_many_are_heard(settings):
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (7, 3600)}
    UserFactory.create(email="one@example.com")
    answers = run_in_threads(20, lambda n: log_in("one@example.com", address=V4.format(n)).status)
    assert sorted(answers) == [401] * 7 + [429] * 13


@pytest.mark.django_db(transaction=True)
def test_after_the_wait_exactly_one_of_the_racers_is_heard(settings):
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "account": (2, 3600)}
    UserFactory.create(email="one@example.com")
    attack("one@example.com", 2)
    later(60)
    answers = run_in_threads(12, lambda n: log_in("one@example.com", address=V4.format(10 + n)).status)
    assert sorted(answers) == [401] + [429] * 11


@pytest.mark.django_db(transaction=True)
def test_racers_at_all_doors_neither_deadlock_nor_lose_count(settings):
    """Right and wrong passwords of several accounts from one network: each locks several of the same rows."""
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "login": (18, 60)}
    for number in range(3):
        user_in_role("viewer", email=f"user{number}@example.com")

    def attempt(number):
        email = f"user{number % 3}@example.com"
        password = PASSWORD if number % 2 else "wrong"
        return status((log_in, sign_in)[number % 5 == 0](email, password))

    assert set(run_in_threads(18, attempt)) <= {200, 302, 401}
    counted = Throttle.objects.get(key=Limit("guess_address").key(OWNER_AT))
    assert counted.hits <= 9, "nothing but failures stays counted"
    assert Throttle.objects.get(key=Limit("login_address").key(OWNER_AT)).hits == 18
