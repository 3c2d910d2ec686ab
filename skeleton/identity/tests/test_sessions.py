"""Sessions: token rotation, reuse and races, and everything that ends a session immediately."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from skeleton.identity.models import Session
from skeleton.identity.services import sessions
from skeleton.identity.tests.factories import PASSWORD, UserFactory, client_of, user_in_role, user_with
from skeleton.testkit.client import ApiClient
from skeleton.testkit.races import run_in_threads


@pytest.fixture
def user(db):
    return UserFactory.create(email="sonia@example.com", name="Sonia")


def log_in(email="sonia@example.com", password=PASSWORD):
    return ApiClient().post("/auth/login", {"email": email, "password": password}).ok()


def refresh(token):
    return ApiClient().post("/auth/refresh", {"refresh_token": token})


def spent(seconds):
    """Move the last refresh this far into the past."""
    Session.objects.update(refreshed_at=F("refreshed_at") - timedelta(seconds=seconds))


def works(pair):
    return ApiClient(pair["access_token"]).get("/auth/me").status == 200


class TestRotation:
    def test_a_refresh_answers_like_a_login(self, user):
        first = log_in()
        second = refresh(first["refresh_token"]).ok()
        assert second.keys() == first.keys()
        assert second["user"] == first["user"]
        assert (second["token_type"], second["expires_in"]) == ("Bearer", 900)
        assert second["refresh_token"] != first["refresh_token"]
        assert works(first)
        assert works(second)

    def test_a_token_spent_just_now_is_refused_without_harm(self, user):
        first = log_in()
        second = refresh(first["refresh_token"]).ok()
        refresh(first["refresh_token"]).refused(401)
        spent(9)
        refresh(first["refresh_token"]).refused(401)
        assert works(second)
        refresh(second["refresh_token"]).ok()

    def test_a_spent_token_that_comes_back_later_ends_the_session(self, user):
        first = log_in()
        second = refresh(first["refresh_token"]).ok()
        spent(11)
        refresh(first["refresh_token"]).refused(401)
        assert not works(second)
        refresh(second["refresh_token"]).refused(401)

    def test_an_older_spent_token_ends_the_session(self, user):
        first = log_in()
        second = refresh(first["refresh_token"]).ok()
        third = refresh(second["refresh_token"]).ok()
        spent(11)
        refresh(first["refresh_token"]).refused(401)
        assert not works(third)

    def test_theft_ends_one_session_only(self, user):
        elsewhere, first = log_in(), log_in()
        refresh(first["refresh_token"]).ok()
        spent(11)
        refresh(first["refresh_token"]).refused(401)
        assert works(elsewhere)

    def test_only_hashes_are_kept(self, user):
        pair = log_in()
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(s)::text FROM identity_session s")
            (row,) = cursor.fetchone()
        for token in (pair["access_token"], pair["refresh_token"]):
            assert token not in row
            assert token.split(".")[1] not in row


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_sixteen_racers_on_one_token_one_gets_the_next_pair(self):
        UserFactory.create(email="sonia@example.com")
        first = log_in()
        answers = run_in_threads(16, lambda number: refresh(first["refresh_token"]))
        winners = [answer.data for answer in answers if answer.status == 200]
        assert sorted(answer.status for answer in answers) == [200] + [401] * 15
        assert works(winners[0])
        refresh(winners[0]["refresh_token"]).ok()

    def test_whoever_waited_for_the_winner_gets_nothing(self):
        """The race step by step: the second call waits for the session's lock, and must then check it again."""
        UserFactory.create(email="sonia@example.com")
        token = log_in()["refresh_token"]
        spending = threading.Event()

        def first():
            with transaction.atomic():
                sessions.refresh(token=token)
                spending.set()
                time.sleep(0.5)

        def second():
            spending.wait(timeout=30)
            return refresh(token).status

        assert run_in_threads(2, lambda number: (first, second)[number]())[1] == 401

    def test_two_last_super_admins_cannot_switch_each_other_off(self):
        one, two = user_in_role("super_admin"), user_in_role("super_admin")
        clients = [client_of(one), client_of(two)]
        others = [two, one]
        answers = run_in_threads(2, lambda number: clients[number].patch(f"/users/{others[number].pk}/deactivate"))
        assert sorted(answer.status for answer in answers) in ([200, 401], [200, 409])

    def test_two_last_super_admins_cannot_take_each_others_role(self):
        one, two = user_in_role("super_admin"), user_in_role("super_admin")
        role = one.roles.get().pk
        clients = [client_of(one), client_of(two)]
        others = [two, one]
        answers = run_in_threads(2, lambda number: clients[number].delete(f"/users/{others[number].pk}/roles/{role}"))
        assert sorted(answer.status for answer in answers) in ([200, 403], [200, 409])

    def test_one_e_mail_is_registered_once(self):
        body = {"email": "New@example.com", "password": PASSWORD, "name": "New"}
        answers = run_in_threads(6, lambda number: ApiClient().post("/auth/register", body))
        assert sorted(answer.status for answer in answers) == [201] + [409] * 5


class TestEnds:
    """Each takes effect on the next request."""

    def test_logout(self, user):
        pair, other = log_in(), log_in()
        client = ApiClient(pair["access_token"])
        assert client.post("/auth/logout").ok().keys() == {"message"}
        client.get("/auth/me").refused(401)
        refresh(pair["refresh_token"]).refused(401)
        assert works(other)

    def test_deactivation_ends_all_sessions_for_good(self, owner, user):
        pairs = [log_in(), log_in()]
        owner.patch(f"/users/{user.pk}/deactivate").ok()
        assert not any(works(pair) for pair in pairs)
        owner.patch(f"/users/{user.pk}/activate").ok()
        assert not any(works(pair) for pair in pairs)
        assert [refresh(pair["refresh_token"]).status for pair in pairs] == [401, 401]

    def test_a_role_given_or_taken(self, owner, user):
        owner_roles = {role["name"]: role["id"] for role in owner.get("/roles").ok()["data"]}
        client = ApiClient(log_in()["access_token"])
        client.get("/users").refused(403)
        owner.post(f"/users/{user.pk}/roles", {"role_id": owner_roles["viewer"]}).ok()
        client.get("/users").ok()
        owner.delete(f"/users/{user.pk}/roles/{owner_roles['viewer']}").ok()
        client.get("/users").refused(403)

    def test_a_role_changed(self, owner):
        holder = user_with("users:read")
        client, role = client_of(holder), holder.roles.get()
        client.get("/users").ok()
        owner.put(f"/roles/{role.pk}", {"permissions": []}).ok()
        client.get("/users").refused(403)

    def test_a_changed_password_ends_the_other_sessions(self, user):
        here, elsewhere = log_in(), log_in()
        body = {"current_password": PASSWORD, "new_password": "another horse battery"}
        ApiClient(here["access_token"]).post("/auth/change-password", body).ok()
        assert works(here)
        assert not works(elsewhere)
        refresh(elsewhere["refresh_token"]).refused(401)
        refresh(here["refresh_token"]).ok()
        ApiClient().post("/auth/login", {"email": user.email, "password": PASSWORD}).refused(401)
        log_in(password="another horse battery")

    def test_an_expired_session(self, user):
        pair = log_in()
        Session.objects.update(expires_at=F("created_at") - timedelta(days=1))
        assert not works(pair)
        refresh(pair["refresh_token"]).refused(401)


class TestOwnSessions:
    def test_are_listed_newest_first_and_ended_one_by_one(self, user):
        here = ApiClient(log_in()["access_token"])
        elsewhere = log_in()
        listed = here.get("/auth/sessions").ok()["data"]
        assert [session["current"] for session in listed] == [False, True]
        assert listed[0].keys() == {"id", "device", "ip", "created_at", "last_seen_at", "expires_at", "current"}
        assert listed[0]["ip"] == "127.0.0.1"
        assert here.delete(f"/auth/sessions/{listed[0]['id']}").ok(204) is None
        assert not works(elsewhere)
        assert len(here.get("/auth/sessions").ok()["data"]) == 1
        here.delete(f"/auth/sessions/{listed[0]['id']}").refused(404)

    def test_another_users_session_is_not_there(self, owner, user):
        log_in()
        session = Session.objects.get(user=user)
        owner.delete(f"/auth/sessions/{session.pk}").refused(404)
        assert session.pk not in {entry["id"] for entry in owner.get("/auth/sessions").ok()["data"]}
