"""Only our own valid tokens of the right kind are accepted. Anything else is 401, never 500."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from django.conf import settings

from skeleton.identity.models import Session
from skeleton.identity.tests.factories import UserFactory, client_of
from skeleton.testkit.client import ApiClient
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

KEY = str(settings.SIMPLE_JWT["SIGNING_KEY"])


@pytest.fixture
def claims():
    """Return the claims of a valid access token."""
    client = client_of(UserFactory.create())
    return jwt.decode(present(client.token), options={"verify_signature": False})


def signed(claims, key=KEY, algorithm="HS256"):
    return jwt.encode(claims, key, algorithm=algorithm)


def spelt(header, claims, signature=b"x"):
    """Return a token as text, even with absurd claims."""
    parts = [json.dumps(header).encode(), claims if isinstance(claims, bytes) else json.dumps(claims).encode()]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))


def signed_text(payload):
    """Return a correctly signed token with any payload text, valid JSON or not."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(payload.encode()).rstrip(b"=")
    mac = hmac.new(KEY.encode(), head + b"." + body, hashlib.sha256).digest()
    return b".".join((head, body, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()


def refused(token):
    answer = ApiClient(token).get("/auth/me")
    answer.refused(401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    ApiClient().post("/auth/refresh", {"refresh_token": token}).refused(401)


def test_a_token_signed_anew_with_our_key_works(claims):
    ApiClient(signed(claims)).get("/auth/me").ok()


def test_expired(claims):
    refused(signed({**claims, "exp": int(time.time()) - 1}))


def test_expired_after_it_was_known_to_be_good(claims):
    token = signed({**claims, "exp": int(time.time()) + 2})
    ApiClient(token).get("/auth/me").ok()
    time.sleep(2.1)
    refused(token)


def test_of_a_foreign_key(claims):
    refused(signed(claims, key="another key that is long enough for HS256"))


def test_with_a_changed_claim(claims):
    head, _, signature = signed(claims).split(".")
    other = spelt({}, {**claims, "sub": claims["sid"]}).split(".")[1]
    refused(f"{head}.{other}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "RS256", "HS512"])
def test_of_another_algorithm(claims, algorithm):
    refused(spelt({"alg": algorithm, "typ": "JWT"}, claims, b""))


def test_of_another_hmac(claims):
    refused(signed(claims, algorithm="HS512"))


@pytest.mark.parametrize(
    "change",
    [
        {"sub": ["01972b15-8000-7000-8000-000000000001"]},
        {"sub": {"id": 1}},
        {"sub": None},
        {"sub": 7},
        {"sub": "admin"},
        {"sid": ["x"]},
        {"sid": None},
        {"sid": "x"},
        {"sid": "\x00" * 36},
        {"jti": None},
        {"jti": ["x"]},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": [1]},
        {"exp": -1},
        {"exp": 10**30},
        {"exp": 10**300},
        {"iat": 10**300},
        {"iat": "x"},
        {"nbf": 10**12},
        {"aud": "another-api"},
        {"aud": ["another-api"]},
        {"aud": None},
        {"aud": {"a": 1}},
        {"iss": "another"},
        {"iss": None},
        {"iss": ["skeleton"]},
        {"token_type": "refresh"},
        {"token_type": "sliding"},
        {"token_type": None},
        {"token_type": ["access"]},
    ],
    ids=json.dumps,
)
def test_with_crafted_claims_of_our_own_key(claims, change):
    answer = ApiClient(signed_text(json.dumps({**claims, **change}))).get("/auth/me")
    assert answer.status == 401 or change in ({"exp": 10**30}, {"iat": 10**300}), answer


@pytest.mark.parametrize("claim", ["exp", "sub", "sid", "jti", "aud", "iss", "token_type"])
def test_without_a_claim(claims, claim):
    refused(signed_text(json.dumps({name: value for name, value in claims.items() if name != claim})))


@pytest.mark.parametrize("exp", ["1e400", "-1e400", "1e308", "NaN", "Infinity", "1" * 5000], ids=lambda text: text[:9])
def test_with_an_absurd_number(claims, exp):
    text = json.dumps({**claims, "exp": "EXP"}).replace('"EXP"', exp)
    assert ApiClient(signed_text(text)).get("/auth/me").status in (200, 401)


@pytest.mark.parametrize("payload", ["", "[]", "null", "7", '"x"', "{"])
def test_with_a_payload_that_is_no_object(payload):
    refused(signed_text(payload))


@pytest.mark.parametrize("deep", ["[", '{"a":'])
def test_with_a_payload_that_is_very_deep(deep):
    ApiClient(signed_text(deep * 20_000)).get("/auth/me").refused(401)
    ApiClient().post("/auth/refresh", {"refresh_token": signed_text(deep * 500)}).refused(401)


@pytest.mark.parametrize("token", ["x", "x.y", "x.y.z", "..", "a.b.c.d", "=.=.=", "ÿ.ÿ.ÿ", "{}.{}.{}", "e30.e30.e30"])
def test_that_is_nonsense(token):
    refused(token)


def test_a_refresh_token_does_not_open_the_api(claims):
    pair = _log_in()
    ApiClient(pair["refresh_token"]).get("/auth/me").refused(401)


def test_an_access_token_does_not_refresh(claims):
    pair = _log_in()
    ApiClient().post("/auth/refresh", {"refresh_token": pair["access_token"]}).refused(401)
    ApiClient(pair["access_token"]).get("/auth/me").ok()


def test_a_token_of_another_users_session(claims):
    refused(signed({**claims, "sub": str(UserFactory.create().pk)}))


def test_a_refresh_token_of_a_session_with_another_users_name_ends_nothing():
    pair = _log_in()
    theirs = jwt.decode(pair["refresh_token"], options={"verify_signature": False})
    forged = signed({**theirs, "sub": str(UserFactory.create().pk)})
    ApiClient().post("/auth/refresh", {"refresh_token": forged}).refused(401)
    assert Session.objects.get(pk=theirs["sid"]).revoked_at is None


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer\t", "bearer"])
def test_the_scheme_is_bearer_in_any_case(scheme):
    token = client_of(UserFactory.create()).token
    answer = ApiClient().call("GET", "/auth/me", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status == (200 if scheme == "bearer" else 401)


def _log_in():
    UserFactory.create(email="tom@example.com")
    return ApiClient().post("/auth/login", {"email": "tom@example.com", "password": "correct horse battery"}).ok()
