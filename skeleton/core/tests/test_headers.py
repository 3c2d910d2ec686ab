"""Headers that every answer carries."""

import pytest


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
