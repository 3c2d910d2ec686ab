"""The reading itself: what it finds in a message, and what it leaves alone."""

import pytest

from tests.refusals.language import complaints

NAME = "This is {digital} Ltd"
TORN = "a name is not as it was given"


def told(*, en="Too late.", de="Zu spät.", uk="Запізно.", kept=(NAME,)):
    return [
        text.partition(": ")[2].partition(": ")[0] for text in complaints({"en": en, "de": de, "uk": uk}, kept=kept)
    ]


@pytest.mark.parametrize(
    "texts, found",
    [
        ({}, []),
        ({"de": "Too late."}, ["the same in another language"] * 2),
        ({"de": "Die Rechnung is sent."}, ["English"]),
        ({"en": "Must be draft now.", "de": "Muss draft sein."}, ["English"]),
        ({"uk": "Рахунок draft."}, ["English"]),
        ({"de": "Zu spät: {day}."}, ["a template"]),
        ({"en": "Too late: %(day)s."}, ["a template"]),
        ({"en": f"{NAME} is late.", "de": f"{NAME} ist zu spät.", "uk": f"{NAME} запізно."}, []),
        (
            {"en": f"{NAME} is late.", "de": "Dies ist zu spät.", "uk": f"{NAME} запізно."},
            [TORN] * 3,
        ),
        ({"uk": "Запізно для a@example.com, https://example.com."}, []),
    ],
)
def test_what_is_found(texts, found):
    assert told(**texts) == found
