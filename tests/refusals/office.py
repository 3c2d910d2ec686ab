"""Sends a form of the back office in three languages, and reads the errors that the page shows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.messages import WARNING, get_messages
from django.db import transaction
from django.forms.models import InlineForeignKeyField
from django.test import Client
from django.utils.translation import override

from skeleton.identity.models import User
from skeleton.office.forms import KeyValueField
from skeleton.office.numbers import NumberField
from tests.refusals.language import LANGUAGES, complaints
from tests.refusals.values import LONG, NOBODY, WORD

Texts = dict[str, str]
Data = dict[str, Any]

DAYS = (WORD, "", "9999-12-31", "2020-01-01")
KINDS: tuple[tuple[type, tuple[Any, ...]], ...] = (
    (forms.BooleanField, ()),
    (InlineForeignKeyField, ()),
    (forms.FileField, ()),
    (forms.ModelMultipleChoiceField, ([WORD], [NOBODY])),
    (forms.MultipleChoiceField, ([WORD], [])),
    (forms.ModelChoiceField, (WORD, "", NOBODY)),
    (forms.ChoiceField, (WORD, "")),
    (NumberField, (WORD, "1.23456789", "9" * 30, "-1", "")),
    (forms.DateField, DAYS),
    (forms.TimeField, (WORD, "", "25:00")),
    (KeyValueField, ("", WORD, f"a: {LONG}", "de: a")),
    (forms.CharField, ("", LONG, "\x00", "?")),
)
"""Wrong values for every kind of form field. A kind that is not known here is given all of them."""


def wrong_texts(field: forms.Field) -> list[Any]:
    """Return what can be typed that is wrong by the kind of the field."""
    for kind, values in KINDS:
        if isinstance(field, kind):
            return [*values]
    return [value for _, values in KINDS for value in values]


def wrong_rounds(fields: Mapping[str, forms.Field], prefix: str = "") -> Iterator[Data]:
    """Yield wrong values for all fields at once: first what the fields refuse, then what only the rest may refuse."""
    refused: dict[str, list[Any]] = {}
    accepted: dict[str, list[Any]] = {}
    for name, each in fields.items():
        for value in wrong_texts(each):
            (accepted if _is_accepted(each, value) else refused).setdefault(f"{prefix}{name}", []).append(value)
    for by_field in (refused, accepted):
        for n in range(max(map(len, by_field.values()), default=0)):
            yield {name: values[n] for name, values in by_field.items() if n < len(values)}


def _is_accepted(each: forms.Field, value: Any) -> bool:
    try:
        each.clean(value)
    except forms.ValidationError:
        return False
    return True


def forms_on(page: Any) -> Iterator[tuple[str, forms.BaseForm]]:
    """Yield the forms of a page, the parts of a record included, with the prefix of their fields."""
    if page.context is None:
        return
    main = page.context["adminform"].form if "adminform" in page.context else page.context.get("form")
    if main is not None:
        yield "", main
    for inline in page.context.get("inline_admin_formsets") or ():
        yield from ((f"{form.prefix}-", form) for form in inline.formset.forms)


def errors_on(page: Any) -> Iterator[tuple[str, str]]:
    """Yield the errors that a page shows, with the names of their fields."""
    for prefix, form in forms_on(page):
        for name, errors in form.errors.items():
            yield f"{prefix}{name}", " ".join(map(str, errors))
    if page.context is not None:
        for inline in page.context.get("inline_admin_formsets") or ():
            yield inline.formset.prefix, " ".join(map(str, inline.formset.non_form_errors()))
    for number, message in enumerate(get_messages(page.wsgi_request)):
        if message.level >= WARNING:
            yield f"message {number}", str(message)


@dataclass
class Reader:
    """A user of the back office who reads the errors in each language."""

    browser: Client
    user: User
    kept: set[str]
    found: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def posted(self, address: str, data: Data, language: str) -> Texts:
        """Post a form and return the errors on the page; nothing remains of it."""
        with transaction.atomic():
            self.speak(language)
            self.browser.cookies.pop("messages", None)  # which were not shown
            page = self.browser.post(address, data)
            assert page.status_code < 500, (address, page.status_code)
            with override(language):  # as it was while the page was rendered
                texts = {name: text for name, text in errors_on(page) if text}
            transaction.set_rollback(True)
        return texts

    def speak(self, language: str) -> None:
        """Switch to another language."""
        User.objects.update(language=language)
        self.browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language  # before signing in

    def hear(self, what: str, address: str, data: Data) -> set[str]:
        """Post a form, read what is new of its errors in every language, and return the names of the fields."""
        return self.compare(what, lambda language: self.posted(address, data, language))

    def compare(self, what: str, say: Callable[[str], Texts]) -> set[str]:
        """Read what `say` gives by language, as far as it is new, and return its names."""
        english = say("en")
        if not self.known.issuperset(english.values()):
            self.known |= {*english.values()}
            spoken = {"en": english, **{language: say(language) for language in LANGUAGES}}
            for name in {name for texts in spoken.values() for name in texts}:
                told = {language: texts[name] for language, texts in spoken.items() if name in texts}
                self.found |= {text: f"{what}: {name}: {text}" for text in complaints(told, kept=self.kept)}
        return {*english}

    def complain(self) -> None:
        """Fail with everything that was found."""
        assert not self.found, "\n".join(sorted(self.found.values()))
