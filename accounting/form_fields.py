"""Form fields for tax codes and units, which the screens of items and documents share."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from accounting.tax_code_models import TaxCode
from skeleton.kernel.text import text_in_language
from skeleton.kernel.translation import Text
from skeleton.kernel.units import DEFAULT_UNIT, UNIT_NAMES, unit_name
from skeleton.office.forms import RecordForm

Choices = list[tuple[str, Text]]


class TaxCodeField(forms.TypedChoiceField):
    """An active tax code, the record's own one, or none. Whoever may write the record may choose any."""

    widget = widgets.UnfoldAdminSelectWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"choices": tax_code_choices, "empty_value": None, "required": False, "label": _("Tax code"), **kwargs}
        )


class UnitField(forms.TypedChoiceField):
    """One of the usual units, or the record's own unit. `empty` is the label of none; without it, none is a piece."""

    widget = widgets.UnfoldAdminSelectWidget

    def __init__(self, *, empty: Text | None = None, **kwargs: Any) -> None:
        self.empty = empty
        super().__init__(
            choices=self._units,
            empty_value=None if empty else DEFAULT_UNIT,
            required=False,
            **{"label": _("Unit"), **kwargs},
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        present = form.get_initial_for_field(self, field_name)
        if present and present not in UNIT_NAMES:
            self.choices = [*self._units(), (present, present)]
        return super().get_bound_field(form, field_name)

    def _units(self) -> Choices:
        nothing: Choices = [] if self.empty is None else [("", self.empty)]
        return [*nothing, *((code, unit_name(code)) for code in UNIT_NAMES)]


class TaxedForm(RecordForm):
    """A form with a `tax_code` and a `tax_rate`. The rate is the code's, so it is only sent if the user entered it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("tax_code", self.instance.tax_code_id)

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        if body.get("tax_code") and "tax_rate" not in self.changed_data:
            body.pop("tax_rate", None)
        return body


def tax_code_choices(present: Iterable[object] = ()) -> Choices:
    """Return the active tax codes, and those with the ids `present`."""
    rows = TaxCode.objects.filter(Q(is_active=True) | Q(pk__in=list(present))).order_by("code")
    return [("", "—"), *((str(row.pk), f"{row.code} · {text_in_language(row.name)}") for row in rows)]
