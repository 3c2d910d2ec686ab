"""Dates as people write them: ISO 8601 and the language's own order are read, anything ambiguous is refused."""

import datetime as dt

import pytest
from django.utils.translation import override

from skeleton.kernel.date_formats import InvalidDate, parse_date

FEBRUARY = dt.date(2027, 2, 1)

READ = [
    ("en", "2027-02-01"),
    ("en", " 2027-02-01 "),
    ("en", "1 Feb 2027"),
    ("en", "01 Feb 2027"),
    ("en", "1\u00a0Feb  2027"),
    ("en", "1 February 2027"),
    ("en", "Feb 1, 2027"),
    ("en", "February 1 2027"),
    ("de", "01.02.2027"),
    ("de", "1.2.2027"),
    ("de", "01.02.27"),
    ("de", "2027-02-01"),
    ("uk", "01.02.2027"),
    ("uk", "1.2.2027"),
    ("uk", "2027-02-01"),
    ("uk", "\uff12\uff10\uff12\uff17-02-01"),
]


@pytest.mark.parametrize("language, text", READ)
def test_dates_in_the_order_of_the_language(language, text):
    assert parse_date(text, language) == FEBRUARY
    with override(language):
        assert parse_date(text) == FEBRUARY


AMBIGUOUS = [("en", "01/02/2027"), ("en", "1.2.2027"), ("en", "01-02-2027"), ("de", "01/02/2027"), ("uk", "1/2/2027")]


@pytest.mark.parametrize("language, text", AMBIGUOUS)
def test_what_is_ambiguous_is_refused_with_both_readings(language, text):
    with override(language), pytest.raises(InvalidDate) as refused:
        parse_date(text)
    assert "2027-01-02" in str(refused.value)
    assert "2027-02-01" in str(refused.value)


@pytest.mark.parametrize(
    "text, meant", [("25/12/2026", "2026-12-25"), ("12/25/2026", "2026-12-25"), ("1/1/2027", "2027-01-01")]
)
def test_another_order_is_refused_with_the_date_that_was_meant(text, meant):
    with override("en"), pytest.raises(InvalidDate) as refused:
        parse_date(text)
    assert str(refused.value) == f"Write this date as {meant}, or choose it from the calendar."


@pytest.mark.parametrize("language, example", [("en", "31 Jan 2026"), ("de", "31.01.2026"), ("uk", "31.01.2026")])
@pytest.mark.parametrize(
    "text", ["tomorrow", "2027-02-30", "20270201", "99/99/2027", "01/02/27", "2027/02/01", "31.02.2027"]
)
def test_what_is_no_date_is_refused_with_an_example(language, example, text):
    with override(language), pytest.raises(InvalidDate) as refused:
        parse_date(text)
    assert example in str(refused.value)
    assert "2026-01-31" in str(refused.value)
