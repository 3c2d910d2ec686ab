"""gzip of answers: what is compressed, for whom, and what never is."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from parties.tests.factories import CustomerFactory
from skeleton.identity.tests.factories import PASSWORD, UserFactory
from skeleton.rest.compression import MIN_BYTES, accepts_gzip, compress

LONG = b"x" * MIN_BYTES
JSON = "application/json"


def compressed(response, accepted="gzip"):
    compress(RequestFactory().get("/", headers={"Accept-Encoding": accepted}), response)
    return response


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("br, *;q=0.5", True),
        ("br, *;q=0", False),
        ("gzip; q=0.0, br", False),
        ("xgzip", False),
        ("gzipx", False),
        ("br", False),
        ("", False),
    ],
)
def test_who_accepts_it(accepted, expected):
    assert accepts_gzip(RequestFactory().get("/", headers={"Accept-Encoding": accepted})) is expected


def test_a_long_answer_is_compressed_and_has_another_etag():
    answer = compressed(HttpResponse(LONG, content_type=JSON, headers={"ETag": '"a1"', "Content-Length": "1000"}))
    assert gzip.decompress(answer.content) == LONG
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert (answer.headers["ETag"], answer.headers["Content-Encoding"]) == ('"a1-gzip"', "gzip")
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_whoever_does_not_accept_it_gets_the_answer_as_it_is():
    answer = compressed(HttpResponse(LONG, content_type=JSON), accepted="br")
    assert (answer.content, dict(answer.headers)) == (LONG, {"Content-Type": JSON})


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(LONG[1:], content_type=JSON),
        HttpResponse(LONG, content_type="text/html"),
        HttpResponse(LONG, content_type="application/pdf"),
        HttpResponse(LONG, content_type=JSON, headers={"Cache-Control": "no-store"}),
        HttpResponse(LONG, content_type=JSON, headers={"Content-Encoding": "br"}),
        StreamingHttpResponse([LONG], content_type=JSON),
    ],
    ids=["short", "a page", "a file", "secret", "compressed already", "a stream"],
)
def test_what_is_never_compressed(answer):
    before = dict(answer.headers)
    assert dict(compressed(answer).headers) == before


@pytest.mark.django_db
def test_a_list_is_and_tokens_are_not(owner, anonymous, client):
    CustomerFactory.create_batch(5)
    plain = owner.get("/customers")
    packed = client.get(
        "/api/v1/customers", headers={"Authorization": f"Bearer {owner.token}", "Accept-Encoding": "gzip"}
    )
    assert gzip.decompress(packed.content) == plain.response.content
    user = UserFactory.create(name="N" * 200)
    pair = anonymous.call(
        "POST", "/auth/login", {"email": user.email, "password": PASSWORD}, headers={"Accept-Encoding": "gzip"}
    )
    assert len(pair.response.content) > MIN_BYTES
    assert "Content-Encoding" not in pair.headers
