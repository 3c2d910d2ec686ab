"""Headers that every answer carries."""

import pytest


@pytest.mark.parametrize("path", ["/auth/me", "/nowhere"])
def test_an_answer_tells_its_length(anonymous, path):
    answer = anonymous.get(path)
    assert answer.headers["Content-Length"] == str(len(answer.response.content))


def test_nobody_may_guess_the_type_of_an_answer(anonymous):
    assert anonymous.get("/auth/me").headers["X-Content-Type-Options"] == "nosniff"
