"""Words for people, in the language of the page.

Code says its words in English, once: models their names, screens their titles, services their refusals. The bases of
the back office (`screens`, `forms`, `acts`, `columns`, `refusals`) put them into the language of the page as they show
them, through here. The API shows the same words and has no page, so it stays English. What has to be translated is
found in the code (`skeleton/locale/build.py`), and a test fails where a language has no words for it.

A text made with values (`f"{party.name} is active now."`) is translated as the template that it was made from. Of its
values only words of ours are translated, never a name that somebody gave. Money (`format_money`) gets the notation of
the language.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from django.apps import apps
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words: TypeAlias = "str | _StrPromise"

TEMPLATES = Path(__file__).resolve().parents[1] / "locale" / "templates.txt"
"""The texts made with values, one a line. Written by `skeleton/locale/build.py`."""

SOURCE = "en"
OURS = ("status", "state", "message", "kind", "what", "type", "outcome", "target_value")
"""Values that are words of ours, by the end of their names in a template."""

MONEY = "money"
"""A part of the names of values that `format_money` made, such as `limit_money`."""

_PLACE = re.compile(r"\{(\w+)\}")


def say(text: Any) -> Any:
    """`text` in the language of the page; what is not a text of ours, and what has no translation, as it is."""
    if not isinstance(text, str) or not text or get_language() in (None, SOURCE):
        return text
    found = gettext(text)
    return found if found != text else _said_as_template(text)


def lazily(text: Any) -> Any:
    """The same, put into words whenever it is shown: for what is said once, as the code is loaded."""
    return gettext_lazy(text) if isinstance(text, str) and text else text


def _said_as_template(text: str) -> str:
    for template, pattern in _templates():
        found = pattern.fullmatch(text)
        if found:
            return gettext(template).format(**{name: _value(name, value) for name, value in found.groupdict().items()})
    return text


def _value(name: str, value: str) -> str:
    """A value of a template in the language of the page, where its name says that it has words or money in it."""
    if MONEY in name.split("_"):
        return _money(value)
    return str(say(value)) if name.endswith(OURS) else value


def _money(text: str) -> str:
    """What `format_money` made (`1,550.00 USD`) in the notation of the page's language (`1.550,00 USD`)."""
    number, _, currency = text.replace(",", "").partition(" ")
    decimals = len(number.partition(".")[2])
    return f"{number_format(Decimal(number), decimal_pos=decimals, force_grouping=True)} {currency}"


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    """The templates, those with most words of their own first."""
    lines = TEMPLATES.read_text().splitlines() if TEMPLATES.exists() else []
    lines.sort(key=lambda template: -len(_PLACE.sub("", template)))
    return [(template, _pattern_of(template)) for template in lines]


def _pattern_of(template: str) -> re.Pattern[str]:
    parts = _PLACE.split(template)  # words, name, words, name … words
    known: set[str] = set()
    pattern = ""
    for n, part in enumerate(parts):
        if n % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in known else f"(?P<{part}>.+?)"
            known.add(part)
    return re.compile(pattern, re.DOTALL)


# --- names of models, of their fields, of choices ---------------------------------------------------------------------


def translate_names(labels: Iterable[str]) -> None:
    """Let the models of these apps, their fields and choices be called what the language of the page calls them.

    Migrations keep what the code says, and see nothing of this.
    """
    for label in labels:
        for model in apps.get_app_config(label).get_models():
            _name_model(model)
    for choices in _all_choices(models.TextChoices):
        for member in choices:
            member._label_ = lazily(member._label_)


def _name_model(model: type[models.Model]) -> None:
    opts = model._meta
    opts.verbose_name, opts.verbose_name_plural = lazily(opts.verbose_name), lazily(str(opts.verbose_name_plural))
    for field in (*opts.local_fields, *opts.local_many_to_many):
        field.verbose_name = lazily(field.verbose_name)
        if field.choices:
            field.choices = [(value, lazily(text)) for value, text in field.choices]


def _all_choices(parent: type[models.TextChoices]) -> Iterable[Any]:
    for choices in parent.__subclasses__():
        if not choices.__module__.startswith("django."):
            yield choices
        yield from _all_choices(choices)


def name_columns(owner: type) -> None:
    """Let the columns that a class shows be called so, too: its methods', and others that it lists."""
    methods = (value for parent in owner.__mro__ for value in vars(parent).values())
    listed = (*getattr(owner, "list_display", ()), *getattr(owner, "readonly_fields", ()))
    for column in (*methods, *listed):
        if isinstance(getattr(column, "short_description", None), str) and callable(column):
            column.short_description = lazily(column.short_description)


def in_words(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Choices, their texts in words."""
    return [(value, say(text)) for value, text in pairs]
