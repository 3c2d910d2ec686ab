"""Phone numbers as people write them. Checked for their form only: whether a number exists, nobody asks."""

import re

_DASHES = "-\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_PLUS = "+\uff0b"
_SEPARATORS = rf"[\s./·()\[\]\uff08\uff09\u2044\u2215{re.escape(_DASHES)}]"
_NUMBER = rf"{_SEPARATORS}*[{_PLUS}]?{_SEPARATORS}*\d(?:\d|{_SEPARATORS})*"
_EXTENSION = (
    r"[\s,;.]*(?:extension|extn?|ext|int|x|\#|durchwahl|dw|app|nebenstelle|доб|добавочный|дод|додатковий|внутр|вн|поз)"
    rf"[.:=\s{re.escape(_DASHES)}]*(\d{{1,8}})"
)
_PHONE = re.compile(rf"(?P<number>{_NUMBER})(?:{_EXTENSION})?\s*", re.IGNORECASE)
_DIGITS = range(3, 21)
LONGEST = 50


def is_phone(text: str) -> bool:
    """Return whether a text is a phone number, perhaps with an extension.

    It has 3 to 20 digits of any script, perhaps a `+` before them, and spaces, dashes, dots, slashes or brackets.
    """
    if len(text) > LONGEST or "\n" in text:
        return False
    found = _PHONE.fullmatch(text)
    return found is not None and sum(map(str.isdigit, found["number"])) in _DIGITS
