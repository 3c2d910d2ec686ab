"""The environment's values for the company are checked before anything starts."""

import pytest

from skeleton.company.checks import check_first_values

GIVEN = {
    "email": "us@example.com",
    "phone": "+49 30 1",
    "website": "",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "",
}


def found(settings, **changes):
    settings.SKELETON_COMPANY = {**settings.SKELETON_COMPANY, **GIVEN, **changes}
    return [error.msg for error in check_first_values(None)]


def test_what_can_be_stored_is_accepted(settings):
    assert found(settings, phone="+49 30 901820") == []


@pytest.mark.parametrize(
    "name, wrong", [("iban", "DE88370400440532013000"), ("bic", "X"), ("email", "us"), ("website", "x")]
)
def test_what_cannot_be_stored_prevents_the_start(settings, name, wrong):
    (line,) = found(settings, phone="", **{name: wrong})
    assert line.startswith(f"SKELETON_COMPANY_{name.upper()}: ")
