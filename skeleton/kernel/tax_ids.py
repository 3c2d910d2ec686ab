"""VAT identification numbers, checked offline: their form and check digits, not whether they are registered."""

import re

from stdnum.ch import vat as swiss_vat
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british_vat
from stdnum.no import mva as norwegian_vat

from skeleton.kernel.countries import country_codes

_SEPARATORS = re.compile(r"[\s.\-/]")
_PREFIXED = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,18}", re.ASCII)
_OTHER_SCHEMES = {"GB": british_vat, "CH": swiss_vat, "NO": norwegian_vat}
_EU_PREFIXES = frozenset(state.upper() for state in eu_vat.MEMBER_STATES) - {"GR"} | {"EL"}
"""The prefixes of VAT ids in the European Union, and XI for Northern Ireland. Greece uses EL, not GR."""


def parse_vat_id(text: str) -> str | None:
    """Return a VAT id in capitals without separators, or None if it is not one.

    It begins with the prefix of its country (`DE136695976`). Numbers of the EU, Great Britain, Switzerland and Norway
    have check digits that must be right; of other countries of ISO 3166-1 only the form is known.
    """
    compact = _SEPARATORS.sub("", text).upper()
    if not _PREFIXED.fullmatch(compact):
        return None
    if compact.startswith("GR"):
        compact = f"EL{compact[2:]}"
    prefix = compact[:2]
    if prefix in _EU_PREFIXES:
        return compact if eu_vat.is_valid(compact) else None
    if prefix in _OTHER_SCHEMES:
        return compact if _follows_scheme(prefix, compact) else None
    return compact if prefix in country_codes() else None


def _follows_scheme(prefix: str, compact: str) -> bool:
    scheme = _OTHER_SCHEMES[prefix]
    try:
        scheme.validate(compact)
    except ValidationError:
        return False
    return True
