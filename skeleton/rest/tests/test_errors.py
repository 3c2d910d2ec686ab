"""Every exception is converted to the API's error format."""

import json

import psycopg
import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions as drf

from skeleton.identity.models import UserRole
from skeleton.identity.tests.factories import RoleFactory, UserFactory, client_of, user_in_role, user_with
from skeleton.kernel import errors
from skeleton.kernel.ids import uuid7
from skeleton.rest.handler import flatten_details, handle, to_domain_error
from skeleton.testkit.client import ApiClient
from skeleton.testkit.races import run_in_threads


@pytest.mark.parametrize(
    "exc, status, code",
    [
        (errors.BadRequest(), 400, "bad_request"),
        (errors.Unauthorized(), 401, "unauthorized"),
        (errors.Forbidden(), 403, "forbidden"),
        (errors.NotFound(), 404, "not_found"),
        (errors.Conflict(), 409, "conflict"),
        (errors.LengthRequired(), 411, "length_required"),
        (errors.PayloadTooLarge(), 413, "payload_too_large"),
        (errors.Invalid(), 422, "validation_error"),
        (errors.TooManyRequests(retry_after=7), 429, "rate_limit_exceeded"),
        (errors.ServiceUnavailable(retry_after=2), 503, "service_unavailable"),
        (drf.ParseError("x"), 400, "bad_request"),
        (drf.NotAuthenticated(), 401, "unauthorized"),
        (drf.AuthenticationFailed(), 401, "unauthorized"),
        (drf.PermissionDenied(), 403, "forbidden"),
        (PermissionDenied(), 403, "forbidden"),
        (drf.NotFound(), 404, "not_found"),
        (Http404(), 404, "not_found"),
        (ObjectDoesNotExist(), 404, "not_found"),
        (drf.MethodNotAllowed("GET"), 405, "method_not_allowed"),
        (drf.NotAcceptable(), 406, "not_acceptable"),
        (ProtectedError("x", set()), 409, "conflict"),
        (drf.UnsupportedMediaType("x/y"), 415, "unsupported_media_type"),
        (drf.ValidationError({"name": ["Bad."]}), 422, "validation_error"),
        (DjangoValidationError({"name": ["Bad."]}), 422, "validation_error"),
        (drf.Throttled(wait=3), 429, "rate_limit_exceeded"),
        (OperationalError("connection is bad"), 503, "service_unavailable"),
        (InterfaceError("connection already closed"), 503, "service_unavailable"),
        (RuntimeError("a secret"), 500, "internal_error"),
        (IntegrityError("a secret"), 500, "internal_error"),
        (KeyError("a secret"), 500, "internal_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_exception_has_its_answer(exc, status, code):
    response = handle(exc)
    body = json.loads(response.content)
    assert (response.status_code, body["error"]) == (status, code)
    assert body.keys() - {"details"} == {"error", "message", "request_id"}
    assert "secret" not in response.content.decode()
    assert ("Retry-After" in response.headers) == (status in (429, 503))
    assert response.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


def test_details_have_one_text_per_field():
    tree = {
        "name": ["Bad.", "Very bad."],
        "lines": [{}, {"price": ["Low."]}],
        "address": {"city": ["No."], "non_field_errors": ["Nowhere."]},
        "non_field_errors": ["All wrong."],
    }
    assert dict(flatten_details(tree)) == {
        "name": "Bad.",
        "lines.1.price": "Low.",
        "address.city": "No.",
        "address": "Nowhere.",
        "body": "All wrong.",
    }


# --- as PostgreSQL says it --------------------------------------------------------------------------------------------


NOW = "SET CONSTRAINTS ALL IMMEDIATE"


def refusal(sql, *params):
    """Return the API's response to the error of this statement."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params or None)
    return to_domain_error(caught.value)


def said(error, status, field=None):
    assert error is not None
    assert error.status == status
    assert (list(error.details or {}) or [None]) == [field]


@pytest.mark.django_db
class TestConstraints:
    def test_unique_names_its_field(self):
        UserFactory.create(email="a@example.com"), UserFactory.create(email="b@example.com")
        said(refusal("UPDATE identity_user SET email = 'a@example.com'"), 409, "email")

    def test_unique_over_several_columns(self):
        held = UserRole.objects.create(user=UserFactory.create(), role=RoleFactory.create())
        sql = "INSERT INTO identity_user_role (user_id, role_id, created_at) VALUES (%s, %s, now())"
        said(refusal(sql, held.user_id, held.role_id), 409, "role_id")

    def test_check(self):
        UserFactory.create()
        said(refusal("UPDATE identity_user SET name = ''"), 422, "name")

    def test_a_trigger_that_was_declared(self):
        user_in_role("super_admin")
        error = refusal("UPDATE identity_user SET is_active = false")
        said(error, 409)
        assert "last active super administrator" in error.message

    def test_an_unknown_reference(self):
        role = RoleFactory.create()
        values = f"'{uuid7()}', '{role.pk}', now()"
        sql = f"INSERT INTO identity_user_role (user_id, role_id, created_at) VALUES ({values}); {NOW}"
        said(refusal(sql), 422)

    def test_a_reference_that_stays(self):
        held = UserRole.objects.create(user=UserFactory.create(), role=RoleFactory.create())
        connection.check_constraints()
        said(refusal(f"DELETE FROM identity_role WHERE id = '{held.role_id}'; {NOW}"), 409)

    def test_null(self):
        UserFactory.create()
        said(refusal("UPDATE identity_user SET name = NULL"), 422, "name")

    def test_what_is_too_long_or_too_large(self):
        UserFactory.create()
        said(refusal("UPDATE identity_user SET name = repeat('x', 256)"), 422)
        said(refusal("SELECT 9223372036854775807::bigint + 1"), 422)

    def test_a_fault_of_ours_stays_one(self):
        assert refusal("SELECT * FROM nowhere") is None
        assert refusal("SELEC 1") is None

    def test_a_timeout_may_be_tried_again(self):
        error = refusal("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
        said(error, 503)
        assert error.retry_after


@pytest.mark.django_db(transaction=True)
class TestBusy:
    def test_a_lock_that_is_not_given_is_503(self):
        user, owner = user_with(), client_of(user_in_role("super_admin"))
        with psycopg.connect(**parameters()) as other:
            other.execute("SELECT 1 FROM identity_user WHERE id = %s FOR UPDATE", [user.pk])
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            answer = owner.patch(f"/users/{user.pk}/deactivate")
        connection.close()
        answer.refused(503)
        assert answer.headers["Retry-After"]
        owner.patch(f"/users/{user.pk}/deactivate").ok()

    def test_a_lost_connection_is_503_and_heals(self):
        owner = client_of(user_in_role("super_admin"))
        owner.get("/users").ok()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        with psycopg.connect(**parameters(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        owner.get("/users").refused(503)
        close_old_connections()  # as Django does between requests, but for its test client
        owner.get("/users").ok()

    def test_a_lost_race_for_a_name_is_409(self):
        owner = client_of(user_in_role("super_admin"))
        answers = run_in_threads(8, lambda number: owner.call("POST", "/roles", {"name": "same", "permissions": []}))
        assert sorted(answer.status for answer in answers) == [201] + [409] * 7


def parameters():
    """Return the arguments for a connection to the same database without Django."""
    return {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "user", "password", "host", "port")
    }


def test_an_unexpected_fault_tells_nothing(owner, monkeypatch, settings):
    def fail(*args, **kwargs):
        raise RuntimeError("the secret is hunter2")

    monkeypatch.setattr("skeleton.identity.services.roles.Role.objects.create", fail)
    with pytest.raises(AssertionError, match="internal error") as caught:
        owner.post("/roles", {"name": "x", "permissions": []})
    assert "hunter2" not in str(caught.value)
    assert "internal_error" in str(caught.value)


def test_anonymous_is_told_how(anonymous):
    assert isinstance(anonymous, ApiClient)
    assert anonymous.get("/users").headers["WWW-Authenticate"] == "Bearer"
