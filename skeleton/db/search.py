"""Searching: words in any order, without regard to case, accents and separators. The only place that does it.

PostgreSQL folds what is searched and what is searched for alike (`skeleton_fold` in `sql/0009_fold.sql`). A model that
is searched often has a generated column `search_text` with a trigram index. Other columns are folded when they are
read, which is quick enough for some thousand rows.

`FOLD_VERSION` is a part of every expression that folds. If folding has to change, give `skeleton_fold` the next version
in a new migration and raise the number here. Each app's migration then removes `search_text` and adds it again.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, F, Func, Lookup, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

FOLD_VERSION = 1

SEARCH_TEXT = "search_text"
"""The column of a model that contains its folded texts."""

TEXT, NAMES = "text", "names"
"""Other columns that can be searched: a text, and a JSON object of names by language."""

_Model = TypeVar("_Model", bound=Model)

_GAP = Value("\n")
"""Separates the searched fields. A word has no line breaks, so no match spans two fields."""


class HasWord(Lookup):
    """Whether a folded text contains a word, in one of its forms (`skeleton_patterns`)."""

    lookup_name = "has_word"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
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


def _joined(fields: Sequence[str]) -> Expression:
    parts: list[Expression] = []
    for field in fields:
        parts += [_GAP, Coalesce(F(field), Value(""), output_field=TextField())]
    if len(parts) > 2:
        return Concat(*parts[1:], output_field=TextField())
    return parts[-1] if parts else Value("", output_field=TextField())


# --- finding ----------------------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """Return the words that a search text consists of."""
    return text.replace("\x00", "").split()


def search_rows(rows: QuerySet[_Model], text: str, fields: Sequence[str]) -> QuerySet[_Model]:
    """Return the rows that contain each word of the text, in one of the fields."""
    for word in words_of(text) if fields else ():
        rows = rows.filter(contains_word(rows.model, fields, Value(word)))
    return rows


def contains_word(model: type[Model], fields: Iterable[str], word: Expression) -> Q:
    """Return the condition that one of the fields of a model, given as paths, contains the word, an expression."""
    found = Q()
    for field in fields:
        found |= Q(HasWord(_folded(model, field), word))
    return found


def nth_word(words: Expression, number: int) -> Func:
    """Return an expression for one of several words, joined by line breaks. The first has the number 1."""
    return Func(words, _GAP, Value(number), function="split_part", output_field=TextField())


def _folded(model: type[Model], path: str) -> Func | F:
    kind = kind_of_text(model, path)
    if kind is None:
        raise FieldError(f"{model._meta.label} has no text in {path!r} to search.")
    if kind == SEARCH_TEXT:
        return F(path)
    return folded(Func(path, function="skeleton_names", output_field=TextField()) if kind == NAMES else path)


def kind_of_text(model: type[Model], path: str) -> str | None:
    """Return what a path leads to: SEARCH_TEXT, TEXT or NAMES, or None if it can't be searched."""
    *relations, name = path.split("__")
    try:
        for relation in relations:
            related = model._meta.get_field(relation).related_model
            if not isinstance(related, type):
                return None
            model = related
        column = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if isinstance(column, models.GeneratedField):
        return SEARCH_TEXT if name == SEARCH_TEXT else TEXT
    if isinstance(column, models.JSONField):
        return NAMES
    return TEXT if isinstance(column, models.CharField | models.TextField) else None
