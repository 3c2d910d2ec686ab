"""Filters of lists: django-filter's FilterSet as the description, without its forms at run time.

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
from django.db.models import CharField, Model, QuerySet, TextField
from django.db.models.functions import Lower
from django.db.models.lookups import BuiltinLookup

from skeleton.db.compiled_sql import Placeholder
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.types import Values

CharField.register_lookup(Lower)
TextField.register_lookup(Lower)


@CharField.register_lookup
@TextField.register_lookup
class ILikeLookup(BuiltinLookup):
    """`column__matches=pattern`: a LIKE whose pattern is complete (see `like_pattern`), fit for a trigram index."""

    lookup_name = "matches"
    prepare_rhs = False

    def get_rhs_op(self, connection: object, rhs: str) -> str:
        return f"LIKE {rhs}"


def like_pattern(text: str) -> str:
    """A LIKE pattern for texts, already in lower case, that contain `text` in any case."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


class SqlFilter:
    """What the kernel asks of a filter beyond django-filter: how a cleaned value meets the SQL."""

    constant: ClassVar[bool] = False
    """Whether the value itself belongs to the shape: few values, each perhaps with an index of its own."""

    by_value: ClassVar[bool] = False
    """Whether the best plan depends on the value itself, so that PostgreSQL must plan anew each time: a LIKE with an
    unknown pattern finds no trigram index, and a common country wants another way than a rare one."""

    def variant(self, value: object) -> object:
        """What of the value changes the SQL."""
        return None

    def bind(self, value: Any) -> object:
        """The value as the database gets it."""
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
    """A choice found in a set: Django walks through all of them, twice."""

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


class TextFilter(SqlFilter, django_filters.CharFilter):
    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(*args, **kwargs)


class DateFilter(SqlFilter, django_filters.DateFilter):
    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs["input_formats"] = ["%Y-%m-%d"]
        kwargs["error_messages"] = {"invalid": "Must be a date, YYYY-MM-DD."}
        super().__init__(*args, **kwargs)


class FromDateFilter(DateFilter):
    """Moments from the beginning (UTC) of the day given."""

    def __init__(self, field_name: str = "created_at", **kwargs: object) -> None:
        super().__init__(field_name=field_name, lookup_expr="gte", **kwargs)

    def bind(self, value: dt.date) -> dt.datetime:
        return dt.datetime.combine(value, dt.time.min, dt.UTC)


class ToDateFilter(DateFilter):
    """Moments until the end (UTC) of the day given."""

    def __init__(self, field_name: str = "created_at", **kwargs: object) -> None:
        super().__init__(field_name=field_name, lookup_expr="lte", **kwargs)

    def bind(self, value: dt.date) -> dt.datetime:
        return dt.datetime.combine(value, dt.time.max, dt.UTC)


class NumberFilter(SqlFilter, django_filters.Filter):
    """A whole number; `min_value` and `max_value` as of a form's integer field."""

    field_class = forms.IntegerField


class LikeFilter(TextFilter):
    """Binds a pattern for `column__matches`: texts that contain the value in any case (see `like_pattern`)."""

    by_value = True

    def bind(self, value: str) -> str:
        return like_pattern(value)


class SearchFilter(LikeFilter):
    """Texts that contain the value in any case, on a column kept in lower case."""

    def __init__(self, field_name: str = "search_text", **kwargs: object) -> None:
        super().__init__(field_name=field_name, lookup_expr="matches", **kwargs)


FilterShape: TypeAlias = tuple[tuple[str, object], ...]
"""What of a request's filters its SQL depends on: for each filter its name, and its value or variant."""

NOT_CALLED = ("__init__", "filter_queryset", "qs", "form", "get_form_class", "is_valid", "errors")
"""What django-filter calls for each request, and nothing here does."""


class FilterSet(django_filters.FilterSet):
    """The filters of one list. Declared as ever; `method=` filters get the queryset, the name and a value or Param."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        for name in NOT_CALLED:
            if name in vars(cls):
                raise ImproperlyConfigured(f"{cls.__name__}.{name} would not be called: use a filter with method=.")

    @classmethod
    def clean(cls, raw: dict[str, str]) -> Values:
        """The values of the parameters in `raw` that are filters here; blank ones are as good as absent.

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
        """What of `values` the SQL depends on, hashable."""
        return tuple(
            (name, value if _filter_of(cls, name).constant else _filter_of(cls, name).variant(value))
            for name, value in sorted(values.items())
        )

    @classmethod
    def by_value(cls, shape: FilterShape) -> bool:
        """Whether a statement of this shape must be planned for its values each time."""
        return any(_filter_of(cls, name).by_value for name, _ in shape)

    @classmethod
    def apply(cls, rows: QuerySet[Model], shape: FilterShape) -> QuerySet[Model]:
        """`rows` with every filter of `shape` applied, a Param standing for each value that is not constant."""
        instance = _instance(cls)
        for name, value in shape:
            param: object = value if _filter_of(cls, name).constant else Placeholder(name, variant=value)
            rows = instance.filters[name].filter(rows, param)
        return rows

    @classmethod
    def bind(cls, values: dict[str, object]) -> dict[str, object]:
        """`values` as the Params of `apply` want them."""
        return {name: _filter_of(cls, name).bind(value) for name, value in values.items()}


def _filter_of(filterset: type[FilterSet], name: str) -> SqlFilter:
    found = filterset.base_filters[name]
    if not isinstance(found, SqlFilter):
        raise ImproperlyConfigured(f"{filterset.__name__}.{name}: use the filters of skeleton.rest.filters.")
    return found


_instances: dict[type[FilterSet], FilterSet] = {}


def _instance(filterset: type[FilterSet]) -> FilterSet:
    """The FilterSet's one instance, needed only so that `method=` filters find their method."""
    if filterset not in _instances:
        _instances[filterset] = filterset(data={}, queryset=QuerySet())
    return _instances[filterset]
