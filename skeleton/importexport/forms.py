"""The forms of imports: uploading a file, and reading it again in another way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold import widgets

from skeleton.importexport.models import Import
from skeleton.kernel.translation import Text
from skeleton.office.tables.notation import EXAMPLES, Notation

ENCODINGS: dict[str, Text] = {
    "utf-8": "UTF-8",
    "cp1252": _("Windows-1252 (Western European)"),
    "cp1250": _("Windows-1250 (Central European)"),
    "cp1251": _("Windows-1251 (Cyrillic)"),
    "cp1253": _("Windows-1253 (Greek)"),
    "cp1254": _("Windows-1254 (Turkish)"),
    "cp1257": _("Windows-1257 (Baltic)"),
    "koi8-u": _("KOI8-U (Cyrillic)"),
    "iso8859-2": _("ISO 8859-2 (Central European)"),
    "cp866": _("DOS 866 (Cyrillic)"),
    "cp850": _("DOS 850 (Western European)"),
    "cp852": _("DOS 852 (Central European)"),
    "mac-roman": _("Macintosh (Western European)"),
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32": "UTF-32",
}
SEPARATORS: dict[str, Text] = {
    ",": _("comma"),
    ";": _("semicolon"),
    "\t": _("tab"),
    "|": "|",
}


READ_AGAIN = "read_again"
"""The name of the button that reads a file again."""


class ReadingForm(forms.Form):
    """How to read a file: encoding of the text, and notation of its numbers."""

    encoding = forms.ChoiceField(
        required=False,
        choices=[("", _("Detect")), *ENCODINGS.items()],
        widget=widgets.UnfoldAdminSelectWidget,
        help_text=_("Of a CSV file."),
        label=_("Encoding"),
    )
    notation = forms.ChoiceField(
        required=False,
        choices=[("", _("Detect")), *((str(each), example) for each, example in EXAMPLES.items())],
        widget=widgets.UnfoldAdminSelectWidget,
        help_text=_("How the file writes numbers."),
        label=pgettext_lazy("notation", "Numbers"),
    )

    @classmethod
    def of(cls, import_: Import) -> "ReadingForm":
        """Return the form with what the import was read with."""
        found = import_.report.get("numbers", {}).get("notation")
        encoding = import_.encoding or import_.source.get("encoding") or ""
        return cls(initial={"encoding": encoding, "notation": import_.notation or found or ""})

    @property
    def chosen(self) -> dict[str, str | None]:
        """Return what the user chose. None is to be detected."""
        return {name: self.cleaned_data[name] or None for name in ("encoding", "notation")}


class UploadForm(ReadingForm):
    file = forms.FileField(
        help_text=_("CSV or XLSX, 25 MB at most."),
        widget=widgets.UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        label=_("File"),
    )
    field_order = ("file", "encoding", "notation")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.SKELETON_UPLOAD_LIMIT:
            raise forms.ValidationError(_("The file is too large."))
        return file


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file was read, for its page: with sample cells, and a form to read it in another way."""

    encoding: Text
    separator: Text
    samples: Sequence[str]
    others: Sequence[tuple[Text, Sequence[str]]]
    numbers: str
    number_samples: Sequence[str]
    form: ReadingForm

    @classmethod
    def of(cls, import_: Import) -> "Reading":
        source, numbers = import_.source, import_.report.get("numbers", {})
        return cls(
            encoding=ENCODINGS.get(source.get("encoding", ""), ""),
            separator=SEPARATORS.get(source.get("separator", ""), source.get("separator", "")),
            samples=source.get("samples", ()),
            others=[(ENCODINGS[other["encoding"]], other["samples"]) for other in source.get("others", ())],
            numbers=EXAMPLES[Notation(numbers["notation"])] if numbers.get("notation") else "",
            number_samples=numbers.get("samples", ()),
            form=ReadingForm.of(import_),
        )
