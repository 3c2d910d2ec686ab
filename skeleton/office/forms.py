"""Forms of the back office. They only collect input; the API's serializers and services validate it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.admin.widgets import get_select2_language
from django.db.models import Model, QuerySet
from django.forms.models import InlineForeignKeyField, construct_instance
from django.urls import reverse_lazy
from django.utils.translation import gettext
from unfold import widgets

from skeleton.kernel.actors import Actor
from skeleton.kernel.characters import FORBIDDEN_CHARACTER, ForbiddenCharacter, clean_text, has_visible_character
from skeleton.kernel.errors import DomainError
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.money import currencies_in_use
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.form_errors import add_to_form
from skeleton.office.numbers import AmountField, number_language_of, set_number_language
from skeleton.office.reports import Column

SELECT2 = "admin/js/vendor/select2/select2.full.js"


class AutocompleteWidget(widgets.UnfoldAdminAutocompleteModelChoiceFieldWidget):
    """Loads only the selected row, because there may be millions of rows. Select2 speaks the language of the page."""

    @property
    def media(self) -> forms.Media:
        """Return unfold's files, and the texts of Select2 in the page's language, which unfold leaves out."""
        found = super().media
        language = get_select2_language()
        files = list(found._js)
        if language:
            files.insert(files.index(SELECT2) + 1, f"admin/js/vendor/select2/i18n/{language}.js")
        return forms.Media(css=found._css, js=files)

    option_template_name = "django/forms/widgets/select_option.html"

    def optgroups(self, name: str, value: list[str], attrs: object = None) -> list[object]:
        chosen = [pk for pk in (parse_uuid(str(text)) for text in value) if pk]
        rows = self.choices.queryset.filter(pk__in=chosen) if chosen else []
        options = [self.create_option(name, str(row.pk), str(row), True, n) for n, row in enumerate(rows)]
        nothing = [] if self.is_required else [self.create_option(name, "", "", not chosen, len(options))]
        return [(None, [*nothing, *options], 0)]


class AutocompleteField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A field for a row of a screen, with autocompletion. `screen` is its model: `parties.customer`.

    It offers the rows that can be selected for new documents; with `any_row`, all of them.
    """

    widget = AutocompleteWidget

    def __init__(self, queryset: QuerySet[Model], *, screen: str, any_row: bool = False, **kwargs: Any) -> None:
        self.route = f"admin:{screen.replace('.', '_')}_{'pick_any' if any_row else 'pick'}"
        super().__init__(queryset, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {**super().widget_attrs(widget), "data-ajax--url": reverse_lazy(self.route)}


def small_textarea() -> forms.Widget:
    """Return a small text area."""
    widget: forms.Widget = widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return widget


class KeyValueField(forms.CharField):
    """An object of strings, entered as one `name: text` per line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": small_textarea(), **kwargs})

    def prepare_value(self, value: object) -> object:
        return "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: object) -> Any:
        if isinstance(value, dict):
            return value
        lines = [line for line in str(value or "").splitlines() if line.strip()]
        parted = [line.partition(":") for line in lines]
        pairs = [(name.strip(), text.strip()) for name, _, text in parted]
        if any(not name or not text for name, text in pairs):
            raise forms.ValidationError(gettext("One pair on each line, with a colon between name and text."))
        return dict(pairs)

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return bool(self.to_python(data) != (initial or {}))
        except forms.ValidationError:
            return True


class CurrencyField(forms.TypedChoiceField):
    """A currency in use, the record's own currency, or none."""

    widget = widgets.UnfoldAdminSelect2Widget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_currencies, empty_value=None, required=False, **kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        present = form.get_initial_for_field(self, field_name)
        known: list[Any] = [*self.choices]  # type: ignore[misc]  # made by `_currencies`
        if present and (present, present) not in known:
            self.choices = [*known, (present, present)]
        return super().get_bound_field(form, field_name)


def _currencies() -> list[tuple[str, str]]:
    return [("", ""), *((code, code) for code in currencies_in_use())]


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form for a record. `request_body()` returns the equivalent API request body, processed in the same way.

    `money` maps an amount to the field with its currency, `aliases` an input serializer's path to the form field.
    """

    money: ClassVar[Mapping[str, str]] = {}
    aliases: ClassVar[Mapping[str, str]] = {}
    write_error: ClassVar[DomainError | None] = None
    """The services' error for this input, set by `RecordAdmin` on the form class that shows it again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._as_read = dict(vars(self.instance))
        self.number_language = number_language_of(self)
        set_number_language(self, self.number_language)
        self.version = version_of(self.instance)
        for name, currency in self.money.items():
            field = self.fields.get(name)
            if isinstance(field, AmountField):
                posted = self.data.get(self.add_prefix(currency)) if self.is_bound else None
                field.currency = posted or getattr(self.instance, currency, None) or field.currency

    def full_clean(self) -> None:
        self.corrected: set[str] = set()
        super().full_clean()
        if self.write_error is not None and self.is_bound:
            add_to_form(self, self.write_error, self.aliases)

    def _clean_fields(self) -> None:
        """Also note the fields that a `clean_<name>()` method has set to something else than was entered."""
        super()._clean_fields()  # type: ignore[misc]
        for name, field in self._bound_items():  # type: ignore[attr-defined]
            if name in self.cleaned_data and hasattr(self, f"clean_{name}"):
                self._note_correction(name, field.field._clean_bound_field(field))

    def _clean_form(self) -> None:
        """Also note the fields that `clean()` has set to something else."""
        before = dict(self.cleaned_data)
        super()._clean_form()  # type: ignore[misc]
        for name in before.keys() & self.cleaned_data.keys():
            self._note_correction(name, before[name])

    def _note_correction(self, name: str, entered: object) -> None:
        if self.cleaned_data[name] != entered:
            self.corrected.add(name)

    def _post_clean(self) -> None:
        """Like Django's, without constraints: PostgreSQL checks them, and `kernel.constraints` maps them to fields."""
        exclude = self._get_validation_exclusions()  # type: ignore[attr-defined]
        exclude |= {name for name, field in self.fields.items() if isinstance(field, InlineForeignKeyField)}
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.clean_fields(exclude=exclude)
            self.instance.clean()
        except forms.ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]

    @property
    def is_stale(self) -> bool:
        """Return whether the record changed since this form was shown, by the version submitted with it."""
        posted = self.data.get(VERSION_FIELD) if self.is_bound else None
        return bool(posted and self.version and posted != self.version)

    def request_body(self, *, partial: bool) -> Values:
        """Return the entered values as a JSON body; with `partial`, only those that the user or `clean()` changed.

        Raises TypeError if the form has set an attribute of its instance, which would not be written.
        """
        for name in self._set_on_instance():
            raise TypeError(
                f"{type(self).__name__} sets instance.{name}, which would not be written: set it in cleaned_data, as a"
                " field of the form, or in create_record() and update_record()."
            )
        names = [name for name in self.fields if not partial or name in self.changed_data or name in self.corrected]
        return {name: as_json(self.cleaned_data[name]) for name in names if name in self.cleaned_data}

    def _set_on_instance(self) -> Iterator[str]:
        """Yield the columns that were set on the instance, but by no field of the form."""
        now = vars(self.instance)
        for column in self.instance._meta.concrete_fields:
            name = column.attname
            if column.primary_key or {name, column.name} & self.fields.keys():
                continue  # Django empties the primary key of a new record with parts
            if name in self._as_read and now[name] != self._as_read[name]:
                yield column.name


VERSION_FIELD = "_record_version"
"""The page's hidden field (not the form's) with the version of the record that was read."""


def version_of(record: Model) -> str:
    """Return the version of a record. Empty for a new one, and for models without a time of last change."""
    changed = getattr(record, "updated_at", None)
    return changed.isoformat() if changed and not record._state.adding else ""


class CleanTextsMixin:
    """Cleans the characters of entered texts, as the API's fields do (see `kernel.characters`)."""

    cleaned_data: Values
    fields: dict[str, forms.Field]

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, str) and value and not isinstance(self.fields[name].widget, forms.PasswordInput):
                self._clean_text(name, value)

    def _clean_text(self, name: str, value: str) -> None:
        field = self.fields[name]
        try:
            text = clean_text(value).strip() if getattr(field, "strip", False) else clean_text(value)
        except ForbiddenCharacter:
            self.add_error(name, FORBIDDEN_CHARACTER)  # type: ignore[attr-defined]
            return
        if has_visible_character(text):
            self.cleaned_data[name] = text
        elif field.required:
            self.add_error(name, field.error_messages["required"])  # type: ignore[attr-defined]
        else:
            self.cleaned_data[name] = ""


class ActionForm(CleanTextsMixin, forms.Form):
    """The form of an action, with the `record` concerned and the `actor`."""

    def __init__(self, *args: Any, record: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record, self.actor = record, actor
        self.setup()
        self.number_language = number_language_of(self)
        set_number_language(self, self.number_language)

    def setup(self) -> None:
        """Adapt the fields to the record: choices, currency and initial values."""

    def request_body(self) -> Values:
        """Return the entered values as a JSON body, without empty ones."""
        values = {name: as_json(value) for name, value in self.cleaned_data.items()}
        return {name: value for name, value in values.items() if value not in (None, "")}


class RowForm(CleanTextsMixin, forms.Form):
    """The fields of one row of a `TableForm`, and the `record` that the row is about."""

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        self.setup()
        for field in self.fields.values():  # for screen readers, since the table's headings aren't labels
            field.widget.attrs.setdefault("aria-label", f"{field.label}: {self.describe()}")

    def setup(self) -> None:
        """Adapt the fields to the record."""

    def describe(self) -> str:
        """Return the name of the row, for screen readers."""
        return str(self.record)

    def cells(self) -> Sequence[object]:
        """Return the row's read-only cells, one for each of the table's `columns`."""
        return (str(self.record),)


class TableForm(ActionForm):
    """An action's form with a table below its fields: a row with fields of its own for each of several records.

    Only the rows that `sent_rows` returns are sent to the service, as the list `rows_name` of the body. The service's
    errors refer to them by their position in that list (`lines.0.amount`).
    """

    row_form: ClassVar[type[RowForm]]
    columns: ClassVar[Sequence[Column]] = ()
    rows_name: ClassVar[str] = "lines"
    balance_label: ClassVar[Text] = ""
    """For rows with a debit and a credit: what becomes of their difference, which is shown while they are entered."""
    second_button: Mapping[str, object] | None = None
    """Name and title of another button that submits the form."""

    def __init__(self, *args: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        data = self.data if self.is_bound and self.rows_are_bound() else None
        self.rows = [self._row(record, initial, data) for record, initial in self.row_records()]

    def _row(self, record: object, initial: Mapping[str, object], data: object) -> RowForm:
        row = self.row_form(data, prefix=f"row-{self.row_key(record)}", record=record, initial=dict(initial))
        set_number_language(row, self.number_language)
        return row

    def row_records(self) -> Iterable[tuple[object, Mapping[str, object]]]:
        """Return the records of the rows, each with the initial values of its fields."""
        raise NotImplementedError

    def row_key(self, record: Any) -> object:
        """Return what identifies a row in the posted data."""
        return record.pk

    def rows_are_bound(self) -> bool:
        """Return whether the posted data include the rows."""
        return True

    def is_valid(self) -> bool:
        rows_are_valid = [row.is_valid() for row in self.rows if row.is_bound]
        return super().is_valid() and all(rows_are_valid)

    def sent_rows(self) -> list[RowForm]:
        """Return the rows in which something was entered."""
        return [row for row in self.rows if row.is_bound and any(value for value in row.cleaned_data.values())]

    def row_field(self, path: str) -> tuple[forms.BaseForm, str] | None:
        """Return the row and field of an error of the service, such as `lines.0.amount`. See `form_errors`."""
        name, _, rest = path.partition(".")
        index, _, field = rest.partition(".")
        sent = self.sent_rows()
        if name != self.rows_name or not index.isdigit() or int(index) >= len(sent):
            return None
        row = sent[int(index)]
        return row, field if field in row.fields else next(iter(row.fields))

    @property
    def note(self) -> Text:
        """Return a sentence to show below the table."""
        return ""

    def table(self) -> list[tuple[list[tuple[object, Column]], RowForm]]:
        """Return the rows for the template: the cells, each with its column, and the form."""
        return [(list(zip(row.cells(), self.columns, strict=True)), row) for row in self.rows]


def as_json(value: object) -> object:
    """Return a cleaned value as in a JSON body."""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
