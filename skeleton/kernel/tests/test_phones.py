"""Phone numbers as people write them."""

import pytest

from skeleton.kernel.phones import is_phone


@pytest.mark.parametrize(
    "text",
    [
        "+1 555 0100 ext. 12",
        "+1 555 0100 x12",
        "+1-555-0100 EXT 12",
        "+1-555-0100, extension 1234",
        "+1-555-0100;ext=12",
        "+1 555 0100 #12",
        "030 123456 Durchwahl 7",
        "030 123456 DW-7",
        "+380 44 123-45-67 доб. 12",
        "+380 44 123-45-67 (дод. 12)".replace("(", "").replace(")", ""),
        "044/1234567",
        "(044) 123-45-67",
        "[044] 1234567",
        "+1\u00a0555\u202f0100",
        "+1 555–0100",
        "+1—555‑0100",
        "+1−555−0100",
        "٠٤٤١٢٣٤٥٦٧",
        "＋８１ ３ １２３４ ５６７８",
        "+49 (0)30 123456",
        "+49 (30) 123456",
        "0049 30 123456",
        "123",
        "555.0199",
        "03·123",
    ],
)
def test_numbers(text):
    assert is_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "12",
            "+",
            "call me",
            "1-800-FLOWERS",
            "+1 555 + 0100",
            "1" * 21,
            "ext. 12",
            "555 0100 ext.",
            "a@b.example",
        ),
        *(
            "1 " * 30,
            "+1 555\n0100",
            "-------",
            "555 0100 ext. 123456789",
            "0100, 0101",
            "²³¹",
            "12:34:56",
            "555_0100",
            "x12",
            "+1 555 0100 ext 1 ext 2",
        ),
    ],
)
def test_other_texts(text):
    assert not is_phone(text)
