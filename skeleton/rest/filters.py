"""Filters of lists, declared as a FilterSet of django-filter, but without forms at run time.

A FilterSet is built once per class. A request's values are cleaned by the filters' own form fields, and what does not
fit is a 400 that names the parameter. A filter then narrows the queryset with a `Placeholder` for the value, so that
the SQL of a list depends only on which filters are used; booleans and choices are part of the shape, since they change
the plan.

Filters must be pure: no clock, no request. "Today" is `db.compiled_sql.CurrentDate()`.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import django_filters
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db.models import CharField, Model, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django_filters.constants import EMPTY_VALUES

from skeleton.db.compiled_sql import Placeholder, ValueNotKnown, refusing_queries
from skeleton.db.search import SEARCH_TEXT, contains_word, folded, nth_word, words_of
from skeleton.kernel.characters import FORBIDDEN_CHARACTER, ForbiddenCharacter, clean_text
from skeleton.kernel.days import end_of, start_of
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.types import Values

CharField.register_lookup(Lower)
TextField.register_lookup(Lower)


class SqlFilter:
    """How a cleaned value affects the SQL, in addition to django-filter's filters."""

    constant: ClassVar[bool] = False
    """Whether the value is part of the shape: for few values, each possibly with its own index."""

    by_value: ClassVar[bool] = False
    """Whether the best plan depends on the value, so that PostgreSQL must plan each run: a LIKE with an unknown pattern
    can't use a trigram index well, and a frequent country needs another plan than a rare one."""

    def variant(self, value: object) -> object:
        """Return the part of the value that changes the SQL."""
        return None

    def bind(self, value: Any) -> object:
        """Return the value as a parameter of the SQL."""
        return value


class _StrictBoolean(forms.Field):
    def to_python(self, value: object) -> bool:
        try:
            return {"true": True, "false": False}[str(value)]
        except KeyError:
            raise forms.ValidationError("Must be true or false.") from None


class BooleanFilter(SqlFilter, django_filters.Filter):
    field_class = _StrictBoolean
    constant = True


class _OneOf(forms.ChoiceField):
    """A choice field with a fast lookup: Django's iterates over all choices, twice."""

    def __init__(
        self,
        *,
        choices: Sequence[tuple[str, object]],
        null_label: object = None,
        null_value: object = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(choices=choices, **kwargs)
        self.known = frozenset(str(value) for value, _ in choices)

    def clean(self, value: object) -> str:
        if value not in self.known:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return str(value)


class ChoiceFilter(SqlFilter, django_filters.ChoiceFilter):
    field_class = _OneOf
    constant = True

    def __init__(self, *args: object, choices: Sequence[tuple[str, object]], **kwargs: object) -> None:
        allowed = ", ".join(str(value) for value, _ in choices)
        kwargs["error_messages"] = {"invalid_choice": f"Must be one of: {allowed}."}
        super().__init__(*args, choices=choices, **kwargs)


class UUIDFilter(SqlFilter, django_filters.UUIDFilter):
    pass


class _Text(forms.CharField):
    def to_python(self, value: object) -> str:
        try:
            return clean_text(super().to_python(value) or "")
        except ForbiddenCharacter:
            raise forms.ValidationError(FORBIDDEN_CHARACTER) from None


class TextFilter(SqlFilter, django_filters.CharFilter):
    field_class: ClassVar[type[forms.CharField]] = _Text

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(*args, **kwargs)


class DateFilter(SqlFilter, django_filters.DateFilter):
    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs["input_formats"] = ["%Y-%m-%d"]
        kwargs["error_messages"] = {"invalid": "Must be a date, YYYY-MM-DD."}
        super().__init__(*args, **kwargs)


class FromDateFilter(DateFilter):
    """Times from the start of the given day (of the company)."""

    def __init__(self, field_name: str = "created_at", **kwargs: object) -> None:
        super().__init__(field_name=field_name, lookup_expr="gte", **kwargs)

    def bind(self, value: dt.date) -> dt.datetime:
        return start_of(value)


class ToDateFilter(DateFilter):
    """Times until the end of the given day (of the company)."""

    def __init__(self, field_name: str = "created_at", **kwargs: object) -> None:
        super().__init__(field_name=field_name, lookup_expr="lte", **kwargs)

    def bind(self, value: dt.date) -> dt.datetime:
        return end_of(value)


class NumberFilter(SqlFilter, django_filters.Filter):
    """An integer, with `min_value` and `max_value` of a form's integer field."""

    field_class = forms.IntegerField


class SearchFilter(TextFilter):
    """Rows that contain each word of the value in one of `fields` (see `db.search`)."""

    by_value = True

    def __init__(self, *fields: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.fields = fields or (SEARCH_TEXT,)

    def variant(self, value: object) -> int:
        """Return the number of words."""
        return len(words_of(str(value)))

    def bind(self, value: str) -> str:
        """Return the words, joined by line breaks."""
        return "\n".join(words_of(value))

    def filter(self, qs: QuerySet[Model], value: object) -> QuerySet[Model]:
        words, count = (value, value.variant) if isinstance(value, Placeholder) else (Value(value), self.variant(value))
        for number in range(1, int(str(count)) + 1):
            qs = qs.filter(contains_word(qs.model, self.fields, nth_word(words, number)))
        return qs


class KeyFilter(TextFilter):
    """Exactly the value, in any spelling: by the folded key of the text (`skeleton_key`)."""

    def filter(self, qs: QuerySet[Model], value: object) -> QuerySet[Model]:
        return qs.filter(**{self.field_name: folded(value if isinstance(value, Placeholder) else Value(value))})


FilterShape: TypeAlias = tuple[tuple[str, object], ...]
"""What the SQL of a list depends on: the names of its filters, each with a constant value or variant."""

NOT_CALLED = ("__init__", "filter_queryset", "qs", "form", "get_form_class", "is_valid", "errors")
"""Methods that django-filter calls for each request, but that are not called here."""


class _FilterValue(Placeholder):
    """Stands for a filter's value, which is never one of django-filter's empty values."""

    never = EMPTY_VALUES


class _OfOneRequest:
    """An attribute of django-filter's FilterSets that belongs to one request. Reading it raises ValueNotKnown."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, filterset: object, owner: type) -> Any:
        if filterset is None:
            return self
        raise ValueNotKnown(
            f"A FilterSet has no {self.name}, because its SQL is compiled once for all requests: limit the rows in"
            " get_queryset(), which has self.request, or use one filter's value only."
        )

    def __set__(self, filterset: object, value: object) -> None:
        """Ignore the value that django-filter sets."""


class FilterSet(django_filters.FilterSet):
    """The filters of a list. `method=` filters get the queryset, the name, and a value or Placeholder."""

    request, data, queryset = _OfOneRequest(), _OfOneRequest(), _OfOneRequest()
    form, qs = _OfOneRequest(), _OfOneRequest()

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        for name in NOT_CALLED:
            if name in vars(cls):
                raise ImproperlyConfigured(f"{cls.__name__}.{name} would not be called: use a filter with method=.")

    @classmethod
    def clean(cls, raw: dict[str, str]) -> Values:
        """Return the values of the filters in `raw`, without blank ones.

        Raises BadRequest with a text per parameter.
        """
        values, errors = {}, {}
        for name, text in raw.items():
            if text == "":
                continue
            try:
                values[name] = cls.base_filters[name].field.clean(text)
            except forms.ValidationError as exc:
                errors[name] = str(exc.messages[0])
        if errors:
            name, text = next(iter(errors.items()))
            raise BadRequest(f"The query parameter {name} is not valid: {text}", details=errors)
        return values

    @classmethod
    def shape(cls, values: dict[str, object]) -> FilterShape:
        """Return what the SQL depends on, hashable."""
        return tuple(
            (name, value if _filter_of(cls, name).constant else _filter_of(cls, name).variant(value))
            for name, value in sorted(values.items())
        )

    @classmethod
    def by_value(cls, shape: FilterShape) -> bool:
        """Return whether PostgreSQL must plan each run of a statement with these filters."""
        return any(_filter_of(cls, name).by_value for name, _ in shape)

    @classmethod
    def apply(cls, rows: QuerySet[Model], shape: FilterShape) -> QuerySet[Model]:
        """Apply the filters of `shape` to `rows`, with a Placeholder for each value that is not constant."""
        instance = _instance(cls)
        with refusing_queries():
            for name, value in shape:
                param: object = value if _filter_of(cls, name).constant else _FilterValue(name, variant=value)
                rows = instance.filters[name].filter(rows, param)
        return rows

    @classmethod
    def bind(cls, values: dict[str, object]) -> dict[str, object]:
        """Return the values for the placeholders of `apply`."""
        return {name: _filter_of(cls, name).bind(value) for name, value in values.items()}


def _filter_of(filterset: type[FilterSet], name: str) -> SqlFilter:
    found = filterset.base_filters[name]
    if not isinstance(found, SqlFilter):
        raise ImproperlyConfigured(f"{filterset.__name__}.{name}: use the filters of skeleton.rest.filters.")
    return found


_instances: dict[type[FilterSet], FilterSet] = {}


def _instance(filterset: type[FilterSet]) -> FilterSet:
    """Return the instance of a FilterSet, through which `method=` filters find their method."""
    if filterset not in _instances:
        _instances[filterset] = filterset(data={}, queryset=QuerySet())
    return _instances[filterset]
