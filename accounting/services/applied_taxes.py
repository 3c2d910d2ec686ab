"""Tax codes of lines and items: finds those that are named, and checks that they can be used."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounting.tax_code_models import TaxCode
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text

Reference = UUID | str
"""The id of a tax code, or its code."""


def tax_codes_of(lines: Sequence[Mapping[str, Any]], *, day: dt.date | None, path: str = "") -> list[TaxCode | None]:
    """Return the tax code of each of `lines`, the input of lines; None where none is named.

    `path` has a placeholder for the line's index. Raises Invalid, with every line that names an unknown code, one that
    can't be used for a supply on `day`, or a rate that isn't the code's.
    """
    found = _find(line["tax_code"] for line in lines if line.get("tax_code"))
    codes: list[TaxCode | None] = []
    wrong: dict[str, Text] = {}
    for index, line in enumerate(lines):
        named = line.get("tax_code")
        code = found.get(named) if named else None
        codes.append(code)
        if named and code is None:
            wrong[f"{path.format(index)}tax_code"] = _("Unknown tax code.")
        elif code and (fault := unusable(code, day)):
            wrong[f"{path.format(index)}tax_code"] = fault
        elif code and line.get("tax_rate", code.rate) != code.rate:
            wrong[f"{path.format(index)}tax_rate"] = _other_rate(code)
    if wrong:
        raise Invalid(details=wrong)
    return codes


def changed_tax(values: Mapping[str, Any], present: TaxCode | None, *, day: dt.date | None = None) -> dict[str, Any]:
    """Return the columns of the tax of a line or an item after a change with `values`; `present` is its code.

    The code that it has already can be sent again, whatever has become of it. Raises Invalid as `tax_codes_of` does.
    """
    named = values.get("tax_code", present and present.pk)
    if present and named in (present.pk, present.code):
        if values.get("tax_rate", present.rate) != present.rate:
            raise Invalid(details={"tax_rate": _other_rate(present)})
        return {"tax_code": present}
    (code,) = tax_codes_of([{**values, "tax_code": named}], day=day)
    return {"tax_code": code, "tax_rate": code.rate} if code else {"tax_code": None}


def unusable(code: TaxCode, day: dt.date | None, *, new: bool = True) -> Text | None:
    """Return why `code` can't be used for a supply on `day`, if that is known. On a `new` line it must be active."""
    if new and not code.is_active:
        return format_text(_("The tax code {code} is inactive."), code=code.code)
    if day and code.valid_from and day < code.valid_from:
        return format_text(_("The tax code {code} is only valid from {day} on."), code=code.code, day=code.valid_from)
    if day and code.valid_to and day > code.valid_to:
        return format_text(_("The tax code {code} was only valid until {day}."), code=code.code, day=code.valid_to)
    return None


def _find(references: Iterable[Reference]) -> dict[Reference, TaxCode]:
    """Return tax codes by id and by code."""
    named = set(references)
    if not named:
        return {}
    ids = [one for one in named if isinstance(one, UUID)]
    codes = [one for one in named if isinstance(one, str)]
    rows = list(TaxCode.objects.filter(Q(pk__in=ids) | Q(code__in=codes)))
    by_id: dict[Reference, TaxCode] = {row.pk: row for row in rows}
    return by_id | {row.code: row for row in rows}


def _other_rate(code: TaxCode) -> Text:
    told = _("The tax code {code} has {rate} percent. Leave out the rate, or choose another tax code.")
    return format_text(told, code=code.code, rate=code.rate)
