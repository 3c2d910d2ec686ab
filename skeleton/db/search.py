"""Searching: words in any order, without regard to case, accents and separators. The only place that does it.

PostgreSQL folds what is searched and what is searched for alike (`skeleton_fold` in `sql/0009_fold.sql`). A model that
is searched often has a generated column `search_text` with a trigram index. Other columns are folded when they are
read, which is quick enough for some thousand rows.

`FOLD_VERSION` is a part of every expression that folds. If folding has to change, give `skeleton_fold` the next version
in a new migration and raise the number here. Each app's migration then removes `search_text` and adds it again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models
from django.db.models import Expression, F, Func, Lookup, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext_lazy as _

FOLD_VERSION = 1

SEARCH_TEXT = "search_text"
"""The column of a model that contains its folded texts."""

SEARCHABLE = (models.CharField, models.TextField, models.GeneratedField, models.JSONField)

_GAP = Value("\n")
"""Separates the searched fields. A word has no line breaks, so no match spans two fields."""


class HasWord(Lookup):
    """Whether a folded text contains a word, in one of its forms (`skeleton_patterns`)."""

    lookup_name = "has_word"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        column, column_params = self.process_lhs(compiler, connection)
        word, word_params = self.process_rhs(compiler, connection)
        return f"{column} LIKE ANY (skeleton_patterns({word}, {FOLD_VERSION}))", (*column_params, *word_params)


def folded(text: str | Expression) -> Func:
    """Return the expression for a folded text. Plain, so that migrations can contain it."""
    return Func(text, template=f"skeleton_fold(%(expressions)s, {FOLD_VERSION})", output_field=TextField())


def search_text(*texts: str, numbers: Sequence[str] = ()) -> models.GeneratedField:
    """Return the column for the search in these fields. `numbers` are also found without separators."""
    return models.GeneratedField(
        expression=Func(
            _joined(texts),
            _joined(numbers),
            Value(FOLD_VERSION),
            function="skeleton_search_text",
            output_field=TextField(),
        ),
        output_field=TextField(),
        db_persist=True,
        verbose_name=_("search text"),
    )


def _joined(fields: Sequence[str]) -> Any:
    parts: list[Any] = []
    for field in fields:
        parts += [_GAP, Coalesce(F(field), Value(""), output_field=TextField())]
    if len(parts) > 2:
        return Concat(*parts[1:], output_field=TextField())
    return parts[-1] if parts else Value("", output_field=TextField())


# --- finding ----------------------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """Return the words that a search text consists of."""
    return text.replace("\x00", "").split()


def search_rows(rows: QuerySet[Any], text: str, fields: Sequence[str]) -> QuerySet[Any]:
    """Return the rows that contain each word of the text, in one of the fields."""
    for word in words_of(text) if fields else ():
        rows = rows.filter(contains_word(rows.model, fields, Value(word)))
    return rows


def contains_word(model: type[Model], fields: Iterable[str], word: Any) -> Q:
    """Return the condition that one of the fields of a model, given as paths, contains the word, an expression."""
    found = Q()
    for field in fields:
        found |= Q(HasWord(_folded(model, field), word))
    return found


def nth_word(words: Expression, number: int) -> Func:
    """Return an expression for one of several words, joined by line breaks. The first has the number 1."""
    return Func(words, _GAP, Value(number), function="split_part", output_field=TextField())


def _folded(model: type[Model], path: str) -> Any:
    column = searched_column(model, path)
    if column is None:
        raise FieldError(f"{model._meta.label} has no text in {path!r} to search.")
    if column.name == SEARCH_TEXT:
        return F(path)
    names = isinstance(column, models.JSONField)
    return folded(Func(path, function="skeleton_names", output_field=TextField()) if names else path)


def searched_column(model: type[Model], path: str) -> Any:
    """Return the text that a path leads to, or the JSON object of names by language, or None if it is neither."""
    *relations, name = path.split("__")
    found: Any = model
    try:
        for relation in relations:
            found = found._meta.get_field(relation).related_model
        column = found._meta.get_field(name)
    except (FieldDoesNotExist, AttributeError):
        return None
    return column if isinstance(column, SEARCHABLE) else None
