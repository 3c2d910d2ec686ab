"""Units of measure by their UN/ECE codes, which documents carry: C62 is a piece, HUR an hour, KGM a kilogram."""

from importlib.resources import files

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from skeleton.kernel.translation import Text

DEFAULT_UNIT = "C62"
"""One: a piece, without any unit."""

UNIT_FORM = "^[A-Z0-9]{2,3}$"
"""The format of codes, as a regular expression."""

UNKNOWN_UNIT = _("Must be a unit code of UN/ECE Recommendation 20, such as C62 (piece), HUR (hour) or KGM (kilogram).")


def _read_codes() -> frozenset[str]:
    text = (files("skeleton.kernel") / "unit_codes.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split())


UNIT_CODES: frozenset[str] = _read_codes()
"""All codes that EN 16931 accepts (BT-130)."""

UNIT_NAMES: dict[str, Text] = {
    "C62": pgettext_lazy("unit", "pcs"),
    "HUR": pgettext_lazy("unit", "h"),
    "MIN": pgettext_lazy("unit", "min"),
    "DAY": pgettext_lazy("unit", "d"),
    "WEE": pgettext_lazy("unit", "wk"),
    "MON": pgettext_lazy("unit", "mo"),
    "ANN": pgettext_lazy("unit", "yr"),
    "LS": pgettext_lazy("unit", "lump sum"),
    "KGM": pgettext_lazy("unit", "kg"),
    "GRM": pgettext_lazy("unit", "g"),
    "TNE": pgettext_lazy("unit", "t"),
    "MTR": pgettext_lazy("unit", "m"),
    "CMT": pgettext_lazy("unit", "cm"),
    "KMT": pgettext_lazy("unit", "km"),
    "MTK": pgettext_lazy("unit", "m²"),
    "MTQ": pgettext_lazy("unit", "m³"),
    "LTR": pgettext_lazy("unit", "l"),
    "KWH": pgettext_lazy("unit", "kWh"),
    "SET": pgettext_lazy("unit", "set"),
    "PR": pgettext_lazy("unit", "pr"),
    "XPK": pgettext_lazy("unit", "pkg"),
    "XBX": pgettext_lazy("unit", "box"),
    "XPX": pgettext_lazy("unit", "pallet"),
}
"""The usual units as documents abbreviate them, in the order in which they are offered."""


def unit_name(code: str) -> Text:
    """Return the abbreviation of a unit, or its code if it isn't one of the usual units."""
    return UNIT_NAMES.get(code, code)
